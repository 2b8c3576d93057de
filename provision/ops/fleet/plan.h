/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decides what has to be done about each guest of a fleet. Nothing is touched. */
#ifndef BD_OPS_FLEET_PLAN_H
#define BD_OPS_FLEET_PLAN_H

#include "guest/create_request.h"
#include "ops/create/defaults.h"
#include "ops/fleet/sums.h"
#include "ops/fleet/view.h"

/* Looks at the fleet, fills action, changes and reason of the selected guests, and adds up what they need. EINVAL, at the
 * place in the manifest: a setting that `new` would refuse. view_out: initialized. */
int fleet_plan(const char *manifest_path, const struct fleet_options *options, bool needs_xen,
	       struct fleet_view *view_out, struct fleet_sums *sums_out, struct bd_error *err);

/* Whether the host has what the plan as a whole needs: bridges (where this is the dom0), room, memory. */
int fleet_plan_check(const struct fleet_view *view, const struct fleet_sums *sums,
		     const struct fleet_options *options, struct bd_error *err);

/* What is asked for a guest of the manifest; makes_it: false leaves out what is used once, when the guest is made, and the
 * host's defaults: they may be others by now, and a guest that is there is not compared with them. The request is disposed of
 * by the caller, and lasts as long as view; so is defaults, zeroed before, which tells what the host has added. value_out: on
 * failure, the value of the manifest that is to blame, and as it was where that is none. */
int fleet_request(const struct fleet_view *view, const struct fleet_item *item, const struct fleet_options *options,
		  bool makes_it, struct bd_create_request *request, struct create_defaults *defaults,
		  const struct bd_json_node **value_out, struct bd_error *err);

/* Puts before an error of fleet_request, or of what was done with the request, where the value stands: in the host's defaults or in
 * the manifest; value: as of fleet_request, NULL: the field of the error tells. Returns -1. */
int fleet_fail_setting(const struct fleet_view *view, const struct fleet_item *item,
		       const struct create_defaults *defaults, const struct bd_json_node *value,
		       struct bd_error *err);

#endif
