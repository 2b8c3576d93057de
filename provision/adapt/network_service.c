/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Enables services of systemd, OpenRC, runit and sysvinit. */
#include "adapt/network_service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "adapt/systemd_unit.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"

/* What each kind's service is called by systemd, and by the others; in that order. NULL: it has none there. */
struct service {
	enum bd_network_kind kind;
	const char *unit, *script;
};

/* For a kind that has several, each that is installed. */
static const struct service services[] = {
	{ BD_NETWORK_NETWORKD, "systemd-networkd.service", NULL },
	{ BD_NETWORK_MANAGER, "NetworkManager.service", "NetworkManager" },
	{ BD_NETWORK_MANAGER, NULL, "networkmanager" },
	{ BD_NETWORK_IFUPDOWN, "networking.service", "networking" },
	{ BD_NETWORK_NONE, "dhcpcd.service", "dhcpcd" },
	{ BD_NETWORK_NONE, "wicked.service", NULL },
};

struct job {
	const struct bd_overlay *overlay;
	const char *who;
};

static int exists(const struct job *job, const char *path, bool *there_out, struct bd_error *err)
{
	mode_t mode;

	if (bd_overlay_mode(job->overlay, path, &mode, err) != 0)
		return -1;
	*there_out = mode != 0;
	return 0;
}

static void say_enabled(const struct job *job, const char *service)
{
	bd_info("%s is enabled in %s: the template has it, but does not start it", service, job->who);
}

static int enable_unit(const struct job *job, const char *unit, enum bd_unit_state *state_out, struct bd_error *err)
{
	if (bd_systemd_unit_enable(job->overlay, unit, state_out, err) != 0)
		return -1;
	if (*state_out == BD_UNIT_MASKED)
		bd_warn("the template masks %s, which %s would have its network from; it has to be unmasked in it",
			unit, job->who);
	else if (*state_out == BD_UNIT_NOW_ENABLED)
		say_enabled(job, unit);
	return 0;
}

/* resolv.conf is a symlink to what systemd-resolved writes. */
static int enable_resolved(const struct job *job, struct bd_error *err)
{
	BD_FREE char *resolved = NULL;
	enum bd_unit_state state;
	mode_t mode;

	if (bd_overlay_mode(job->overlay, "/etc/resolv.conf", &mode, err) != 0)
		return -1;
	if (!S_ISLNK(mode) || !job->overlay->root)
		return 0;
	/* The name behind it makes it a parent, whose symlinks are followed. */
	if (job->overlay->root->resolve_parents(job->overlay->root->source, "/etc/resolv.conf/x", &resolved, err) !=
	    0)
		return -1;
	return strncmp(resolved, "/run/systemd/resolve/", 21) == 0
		       ? enable_unit(job, "systemd-resolved.service", &state, err)
		       : 0;
}

/* A root without the unit's file has not got all of the package: then the symlink has to do, as it is where it belongs. */
static int enable_networkd(const struct job *job, enum bd_unit_state state, struct bd_error *err)
{
	bool program = false;

	if (state == BD_UNIT_MISSING && exists(job, "/usr/lib/systemd/systemd-networkd", &program, err) != 0)
		return -1;
	if (program) {
		say_enabled(job, "systemd-networkd.service");
		if (bd_overlay_put_symlink(job->overlay,
					   "/etc/systemd/system/multi-user.target.wants/systemd-networkd.service",
					   "/usr/lib/systemd/system/systemd-networkd.service", err) != 0)
			return -1;
	}
	return enable_resolved(job, err);
}

/* It writes networkd's files, and has systemd start it, from a generator. */
static int check_netplan(const struct job *job, struct bd_error *err)
{
	static const char *const generators[] = { "/usr/lib/systemd/system-generators/netplan",
						  "/lib/systemd/system-generators/netplan" };
	bool there = false;

	for (size_t i = 0; i < 2 && !there; i++)
		if (exists(job, generators[i], &there, err) != 0)
			return -1;
	if (!there)
		bd_warn("the template has no generator of netplan (/usr/lib/systemd/system-generators/netplan): nothing "
			"reads its configuration when %s boots",
			job->who);
	return enable_resolved(job, err);
}

static int enable_by_systemd(const struct job *job, enum bd_network_kind kind, struct bd_error *err)
{
	if (kind == BD_NETWORK_NETPLAN)
		return check_netplan(job, err);
	for (size_t i = 0; i < sizeof(services) / sizeof(*services); i++) {
		enum bd_unit_state state;
		if (services[i].kind != kind || !services[i].unit)
			continue;
		if (enable_unit(job, services[i].unit, &state, err) != 0 ||
		    (kind == BD_NETWORK_NETWORKD && enable_networkd(job, state, err) != 0))
			return -1;
	}
	return 0;
}

/* Where services are, and where they are enabled by a symlink: what the network needs, and the others. */
struct init {
	const char *services, *early, *late;
};

/* OpenRC on Alpine and Gentoo, runit on Void. */
static const struct init inits[] = {
	{ "/etc/init.d", "/etc/runlevels/boot", "/etc/runlevels/default" },
	{ "/etc/sv", "/etc/runit/runsvdir/default", "/etc/runit/runsvdir/default" },
};

static int enable_script(const struct job *job, const struct init *init, bool early, const char *name,
			 struct bd_error *err)
{
	BD_FREE char *script = NULL, *link = NULL, *other = NULL;
	bool has_script, enabled, elsewhere;

	if (bd_text_format(&script, err, "%s/%s", init->services, name) != 0 ||
	    bd_text_format(&link, err, "%s/%s", early ? init->early : init->late, name) != 0 ||
	    bd_text_format(&other, err, "%s/%s", early ? init->late : init->early, name) != 0)
		return -1;
	if (exists(job, script, &has_script, err) != 0 || exists(job, link, &enabled, err) != 0 ||
	    exists(job, other, &elsewhere, err) != 0)
		return -1;
	if (!has_script || enabled || elsewhere)
		return 0;
	say_enabled(job, name);
	return bd_overlay_put_symlink(job->overlay, link, script, err);
}

static int enable_by_init(const struct job *job, const struct init *init, enum bd_network_kind kind,
			  struct bd_error *err)
{
	for (size_t i = 0; i < sizeof(services) / sizeof(*services); i++)
		if (services[i].kind == kind && services[i].script &&
		    enable_script(job, init, kind == BD_NETWORK_IFUPDOWN, services[i].script, err) != 0)
			return -1;
	return 0;
}

static bool is_networking(const char *name)
{
	return *name == 'S' && bd_text_ends_in(name, "networking");
}

static int note_networking(void *context, const char *name, uint8_t type, struct bd_error *err)
{
	(void)type;
	(void)err;
	*(bool *)context |= is_networking(name);
	return 0;
}

/* Behind what mounts the filesystems, before the services. */
static int enable_by_sysvinit(const struct job *job, struct bd_error *err)
{
	const struct bd_root_reader *root = job->overlay->root;
	bool enabled = false, script, folder;

	if (exists(job, "/etc/rcS.d", &folder, err) != 0 || exists(job, "/etc/init.d/networking", &script, err) != 0)
		return -1;
	if (!folder || !script || !root)
		return 0;
	if (root->list(root->source, "/etc/rcS.d", note_networking, &enabled, err) != 0)
		return -1;
	return enabled ? 0
		       : bd_overlay_put_symlink(job->overlay, "/etc/rcS.d/S13networking", "../init.d/networking",
						err);
}

static int enable_by_scripts(const struct job *job, enum bd_network_kind kind, struct bd_error *err)
{
	for (size_t i = 0; i < sizeof(inits) / sizeof(*inits); i++) {
		bool there;
		if (exists(job, inits[i].late, &there, err) != 0)
			return -1;
		if (there)
			return enable_by_init(job, &inits[i], kind, err);
	}
	return kind == BD_NETWORK_IFUPDOWN ? enable_by_sysvinit(job, err) : 0;
}

int bd_network_service_enable(const struct bd_system *system, const struct bd_overlay *overlay, const char *who,
			      struct bd_error *err)
{
	const struct job job = { overlay, who };

	if (!overlay->root)
		return 0;
	return system->systemd ? enable_by_systemd(&job, system->network, err)
			       : enable_by_scripts(&job, system->network, err);
}
