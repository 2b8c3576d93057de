/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The decisions of vif-bridge, vif-common.sh and set_mtu of xen-network-common.sh, in their order. */
#include "hotplug/vif/decide.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define MTU_DIGITS_MAX 9
/* Names of network devices and numbers; what is longer is none. */
#define VALUE_SIZE 64

struct deciding {
	const struct vif_request *request;
	const struct vif_world *world;
	struct vif_plan *plan;
	struct bd_error *err;
};

/* 0, so that a function that has decided ends in `return verdict(...)`. */
static int verdict(struct deciding *d, enum vif_verdict verdict, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int verdict(struct deciding *d, enum vif_verdict verdict, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(d->plan->reason, sizeof(d->plan->reason), format, args);
	va_end(args);
	d->plan->verdict = verdict;
	return 0;
}

/* Whether the decision has not been made yet. */
static bool goes_on(const struct deciding *d)
{
	return d->plan->verdict == VIF_DO;
}

/* The script leaves its variables to word splitting and globbing; a name without either is the same to both. */
static bool is_plain(const char *name)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-@:+";

	return name[strspn(name, plain)] == '\0' && name[0] != '-';
}

static int read_node(struct deciding *d, const char *name, char value_out[VALUE_SIZE])
{
	BD_FREE char *node = NULL;

	*value_out = '\0';
	if (bd_xenstore_read(d->world->store, &node, d->err, "%s/%s", d->request->backend_path, name) != 0)
		return -1;
	/* An empty node is there: it takes the environment's place. */
	const char *value = node ? node : strcmp(name, "bridge") == 0 ? d->request->bridge : "";
	if (!is_plain(value) || strlen(value) >= VALUE_SIZE)
		return verdict(d, VIF_HAND_OVER, "the node %s=%s", name, value);
	memcpy(value_out, value, strlen(value) + 1);
	return 0;
}

static int find_link(struct deciding *d, const char *name, struct vif_link *link_out, bool *there_out)
{
	return d->world->find_link(d->world->links, name, link_out, there_out, d->err);
}

/* The device, which a vifname of the cfg gives another name: before it is attached, or when it was. */
static int decide_port(struct deciding *d, struct vif_link *port_out, bool *there_out)
{
	const struct vif_request *request = d->request;
	struct vif_plan *plan = d->plan;
	char vifname[VALUE_SIZE], name[VALUE_SIZE + 8];
	struct vif_link other;
	bool taken;

	if (read_node(d, "vifname", vifname) != 0)
		return -1;
	if (!goes_on(d))
		return 0;
	snprintf(name, sizeof(name), "%s%s", vifname, request->is_tap ? "-emu" : "");
	if (!*vifname)
		snprintf(name, sizeof(name), "%s", request->device);
	if (strlen(name) >= IFNAMSIZ)
		return verdict(d, VIF_HAND_OVER, "%s, which is too long for the name of a network device", name);

	if (*vifname && request->attach) {
		if (find_link(d, name, &other, &taken) != 0)
			return -1;
		if (taken)
			return verdict(d, VIF_FAIL,
				       "Cannot rename interface %s. An interface with name %s already exists.",
				       request->device, name);
		snprintf(plan->new_name, sizeof(plan->new_name), "%.*s", IFNAMSIZ - 1, name);
		snprintf(name, sizeof(name), "%s", request->device);
	}
	if (find_link(d, name, port_out, there_out) != 0)
		return -1;
	if (*there_out && strcmp(port_out->name, name) != 0)
		return verdict(d, VIF_HAND_OVER, "%s, which is another name of %s", name, port_out->name);
	if (!*there_out && *plan->new_name)
		return verdict(d, VIF_FAIL, "ip link set %s name %s failed", name, plan->new_name);
	if (!*there_out && request->attach)
		return verdict(d, VIF_FAIL, "Cannot find device \"%s\"", name);
	memcpy(plan->name, name, strlen(name) + 1);
	plan->port = *there_out ? port_out->index : 0;
	return 0;
}

/* Before Xen 4, xenbrX could have been eth X's bridge (a comment in vif-bridge); such a cfg still works. */
static int decide_missing_bridge(struct deciding *d, const char *bridge)
{
	char old_style[VALUE_SIZE];
	struct vif_link link;
	bool there = false;

	if (strncmp(bridge, "xenbr", 5) == 0) {
		snprintf(old_style, sizeof(old_style), "eth%s", bridge + 5);
		if (find_link(d, old_style, &link, &there) != 0)
			return -1;
	}
	if (there && link.is_bridge)
		return verdict(d, VIF_HAND_OVER, "the bridge %s, which %s may stand for", bridge, old_style);
	return verdict(d, VIF_FAIL, "Could not find bridge device %s", bridge);
}

static int decide_bridge(struct deciding *d, struct vif_link *bridge_out)
{
	char bridge[VALUE_SIZE];
	bool there;

	if (read_node(d, "bridge", bridge) != 0)
		return -1;
	if (!goes_on(d))
		return 0;
	if (!*bridge)
		return verdict(d, VIF_HAND_OVER, "that no bridge is named");
	if (find_link(d, bridge, bridge_out, &there) != 0)
		return -1;
	if (!there)
		return decide_missing_bridge(d, bridge);
	if (strcmp(bridge_out->name, bridge) != 0)
		return verdict(d, VIF_HAND_OVER, "the bridge %s, which is another name of %s", bridge,
			       bridge_out->name);
	if (!bridge_out->is_bridge)
		return verdict(d, VIF_HAND_OVER, "%s, which is no bridge of Linux", bridge);
	d->plan->bridge = bridge_out->index;
	return 0;
}

/* The node's, or else the bridge's. The frontend's node is where the guest looks, with a vifname, too: the script takes its path from the
 * device's name, and then writes to /local/domain/VIFNAME/device/vif/VIFNAME/mtu. */
static int decide_mtu(struct deciding *d, const struct vif_link *bridge)
{
	char mtu[VALUE_SIZE];

	if (read_node(d, "mtu", mtu) != 0)
		return -1;
	if (!goes_on(d))
		return 0;
	if (strspn(mtu, "0123456789") != strlen(mtu) || strlen(mtu) > MTU_DIGITS_MAX || (*mtu == '0' && mtu[1]))
		return verdict(d, VIF_HAND_OVER, "the node mtu=%s", mtu);
	d->plan->mtu = *mtu ? (uint32_t)strtoul(mtu, NULL, 10) : bridge->mtu;
	if (d->plan->mtu > 0 && !d->request->is_tap)
		snprintf(d->plan->mtu_path, sizeof(d->plan->mtu_path), "/local/domain/%u/device/vif/%u/mtu",
			 d->request->domid, d->request->devid);
	return 0;
}

static int decide_attach(struct deciding *d, const struct vif_link *port, const struct vif_link *bridge)
{
	/* ip(8) would move it, brctl(8) would not; which of them the script takes depends on what is installed. */
	if (port->master != 0 && port->master != bridge->index)
		return verdict(d, VIF_HAND_OVER, "%s, which is a port of another bridge", port->name);
	d->plan->change_master = port->master == 0;
	d->plan->report = !d->request->is_tap;
	return decide_mtu(d, bridge);
}

int vif_decide(const struct vif_request *request, const struct vif_world *world, struct vif_plan *plan_out,
	       struct bd_error *err)
{
	struct vif_plan plan = { .verdict = VIF_DO, .attach = request->attach };
	struct deciding d = { request, world, &plan, err };
	struct vif_link port = { 0 }, bridge = { 0 };
	bool there = false;

	if (decide_port(&d, &port, &there) != 0)
		return -1;
	if (goes_on(&d) && decide_bridge(&d, &bridge) != 0)
		return -1;
	if (goes_on(&d) && request->attach && decide_attach(&d, &port, &bridge) != 0)
		return -1;
	if (goes_on(&d) && !request->attach) {
		/* The kernel takes the devices of a dead guest away by itself. */
		plan.verdict = there ? VIF_DO : VIF_NOTHING;
		plan.change_master = there && port.master == bridge.index;
	}
	*plan_out = plan;
	return 0;
}
