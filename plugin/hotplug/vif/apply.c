/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps of setup_bridge_port, set_mtu, add_to_bridge and remove_from_bridge of xen-network-common.sh. */
#include "hotplug/vif/apply.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>

#include "base/text.h"
#include "hotplug/backend_nodes.h"

/* The largest that is no broadcast: a bridge takes the smallest address of its ports for its own, and so never this one. */
static const uint8_t port_address[6] = { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff };

/* What was passed over. */
static void warn(char warning_out[VIF_REASON_SIZE], int r, const struct bd_error *err)
{
	if (r != 0)
		bd_text_append(warning_out, VIF_REASON_SIZE, "; ", "%s", err->message);
}

static int write_node(const struct bd_xenstore *store, const struct vif_request *request, const char *path,
		      const char *value, struct bd_error *err)
{
	struct bd_error cause = BD_ERROR_INIT;

	if (bd_backend_write(store, request->backend_path, path, value, &cause) != 0)
		return cause.code == ENOENT
			       ? bd_fail_as(err, &cause, "%s", cause.message)
			       : bd_fail_as(err, &cause, "Writing %s %s to xenstore failed.", path, value);
	return 0;
}

static int set_mtu(const struct vif_plan *plan, const struct vif_request *request, struct vif_netlink *netlink,
		   const struct bd_xenstore *store, char warning_out[VIF_REASON_SIZE], struct bd_error *err)
{
	struct bd_error passed = BD_ERROR_INIT;
	char text[16];

	if (plan->mtu == 0)
		return 0;
	warn(warning_out, vif_link_set_mtu(netlink, plan->port, plan->mtu, &passed), &passed);
	snprintf(text, sizeof(text), "%u", plan->mtu);
	return *plan->mtu_path ? write_node(store, request, plan->mtu_path, text, err) : 0;
}

static int attach(const struct vif_plan *plan, const struct vif_request *request, struct vif_netlink *netlink,
		  const struct bd_xenstore *store, char warning_out[VIF_REASON_SIZE], struct bd_error *err)
{
	struct bd_error passed = BD_ERROR_INIT;

	if (*plan->new_name && vif_link_rename(netlink, plan->port, plan->new_name, &passed) != 0)
		return bd_fail_as(err, &passed, "ip link set %s name %s failed", plan->name, plan->new_name);
	if (vif_link_set_up(netlink, plan->port, false, err) != 0)
		return -1;
	warn(warning_out, vif_link_set_address(netlink, plan->port, port_address, &passed), &passed);
	if (vif_link_flush_addresses(netlink, plan->port, err) != 0 ||
	    set_mtu(plan, request, netlink, store, warning_out, err) != 0)
		return -1;
	if (plan->change_master && vif_link_set_master(netlink, plan->port, plan->bridge, err) != 0)
		return -1;
	return vif_link_set_up(netlink, plan->port, true, err);
}

static void detach(const struct vif_plan *plan, struct vif_netlink *netlink, char warning_out[VIF_REASON_SIZE])
{
	struct bd_error passed = BD_ERROR_INIT;

	warn(warning_out, vif_link_set_up(netlink, plan->port, false, &passed), &passed);
	if (plan->change_master)
		warn(warning_out, vif_link_set_master(netlink, plan->port, 0, &passed), &passed);
}

int vif_apply(const struct vif_plan *plan, const struct vif_request *request, struct vif_netlink *netlink,
	      const struct bd_xenstore *store, char warning_out[VIF_REASON_SIZE], struct bd_error *err)
{
	char path[VIF_PATH_SIZE + 32];

	*warning_out = '\0';
	if (!plan->attach) {
		detach(plan, netlink, warning_out);
		return 0;
	}
	if (attach(plan, request, netlink, store, warning_out, err) != 0)
		return -1;
	snprintf(path, sizeof(path), "%s/hotplug-status", request->backend_path);
	return plan->report ? write_node(store, request, path, "connected", err) : 0;
}
