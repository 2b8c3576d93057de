/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints a fleet's plan. */
#ifndef BD_CLI_FLEET_REPORT_H
#define BD_CLI_FLEET_REPORT_H

#include "base/json.h"
#include "ops/fleet/sums.h"

int fleet_report_plan(const struct fleet_view *view, const struct fleet_sums *sums, bool json, struct bd_error *err);

/* The members of a guest's object: those that `list` has where it exists, else its name and state; and its group. */
void fleet_json_guest(struct bd_json *json, const struct fleet_item *item);

/* The members "fleet", "guests" (of those selected, each by put) and "beyond". */
void fleet_json_view(struct bd_json *json, const struct fleet_view *view,
		     void (*put)(struct bd_json *json, const struct fleet_item *item));

#endif
