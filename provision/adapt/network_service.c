/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Knows which service configures the network for which kind. */
#include "adapt/network_service.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "adapt/service.h"
#include "base/cleanup.h"
#include "base/log.h"

#define USE "its network"

static const struct {
	enum bd_network_kind kind;
	struct bd_service service;
} services[] = {
	{ BD_NETWORK_NETWORKD, { "systemd-networkd.service", NULL, true, USE } },
	{ BD_NETWORK_MANAGER, { "NetworkManager.service", "NetworkManager", false, USE } },
	{ BD_NETWORK_MANAGER, { NULL, "networkmanager", false, USE } },
	{ BD_NETWORK_IFUPDOWN, { "networking.service", "networking", true, USE } },
	{ BD_NETWORK_NONE, { "dhcpcd.service", "dhcpcd", false, USE } },
	{ BD_NETWORK_NONE, { "wicked.service", NULL, false, USE } },
};

struct job {
	const struct bd_system *system;
	const struct bd_overlay *overlay;
	const char *who;
};

/* resolv.conf is a symlink to what systemd-resolved writes. */
static int enable_resolved(const struct job *job, struct bd_error *err)
{
	static const struct bd_service resolved = { "systemd-resolved.service", NULL, true, "name resolution" };
	const struct bd_root_reader *root = job->overlay->root;
	BD_FREE char *target = NULL;
	enum bd_unit_state state;
	mode_t mode;

	if (bd_overlay_mode(job->overlay, "/etc/resolv.conf", &mode, err) != 0)
		return -1;
	if (!S_ISLNK(mode))
		return 0;
	/* The name behind it makes it a parent, whose symlinks are followed. */
	if (root->resolve_parents(root->source, "/etc/resolv.conf/x", &target, err) != 0)
		return -1;
	return strncmp(target, "/run/systemd/resolve/", 21) == 0
		       ? bd_service_enable(job->system, job->overlay, &resolved, job->who, &state, err)
		       : 0;
}

/* A root without the unit's file has not got all of the package: then the symlink has to do, as it is where it belongs. */
static int link_networkd(const struct job *job, struct bd_error *err)
{
	bool program;

	if (bd_overlay_exists(job->overlay, "/usr/lib/systemd/systemd-networkd", &program, err) != 0)
		return -1;
	if (!program)
		return 0;
	bd_info("systemd-networkd.service is enabled in %s, but the template does not have the unit's file",
		job->who);
	return bd_overlay_put_symlink(job->overlay,
				      "/etc/systemd/system/multi-user.target.wants/systemd-networkd.service",
				      "/usr/lib/systemd/system/systemd-networkd.service", err);
}

/* It writes networkd's files, and has systemd start it, from a generator. */
static int check_netplan(const struct job *job, struct bd_error *err)
{
	static const char *const generators[] = { "/usr/lib/systemd/system-generators/netplan",
						  "/lib/systemd/system-generators/netplan", NULL };
	bool there;

	if (bd_overlay_has_any(job->overlay, generators, &there, err) != 0)
		return -1;
	if (!there)
		bd_warn("the template has no generator of netplan (/usr/lib/systemd/system-generators/netplan): nothing "
			"reads its configuration when %s boots",
			job->who);
	return 0;
}

static int enable(const struct job *job, struct bd_error *err)
{
	const enum bd_network_kind kind = job->system->network;

	for (size_t i = 0; i < sizeof(services) / sizeof(*services); i++) {
		enum bd_unit_state state;
		if (services[i].kind != kind)
			continue;
		if (bd_service_enable(job->system, job->overlay, &services[i].service, job->who, &state, err) != 0)
			return -1;
		if (kind == BD_NETWORK_NETWORKD && job->system->systemd && state == BD_UNIT_MISSING &&
		    link_networkd(job, err) != 0)
			return -1;
	}
	return 0;
}

int bd_network_service_enable(const struct bd_system *system, const struct bd_overlay *overlay, const char *who,
			      struct bd_error *err)
{
	const struct job job = { system, overlay, who };

	if (!overlay->root)
		return 0;
	if (enable(&job, err) != 0)
		return -1;
	if (!system->systemd)
		return 0;
	if (system->network == BD_NETWORK_NETPLAN && check_netplan(&job, err) != 0)
		return -1;
	return system->network == BD_NETWORK_NETWORKD || system->network == BD_NETWORK_NETPLAN
		       ? enable_resolved(&job, err)
		       : 0;
}
