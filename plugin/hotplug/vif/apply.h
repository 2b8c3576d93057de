/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does what was decided. */
#ifndef BD_HOTPLUG_VIF_APPLY_H
#define BD_HOTPLUG_VIF_APPLY_H

#include "base/err.h"
#include "hotplug/vif/decide.h"
#include "hotplug/vif/link.h"
#include "hotplug/vif/request.h"
#include "hotplug/xenstore.h"

/* The plan's verdict is VIF_DO. The error's message is for hotplug-error, which is left to the caller. What the script passes over (a
 * MAC address or an MTU that the device refuses, and whatever happens to a device that is taken off its bridge) is in
 * warning_out, which is empty otherwise. */
int vif_apply(const struct vif_plan *plan, const struct vif_request *request, struct vif_netlink *netlink,
	      const struct bd_xenstore *store, char warning_out[VIF_REASON_SIZE], struct bd_error *err);

#endif
