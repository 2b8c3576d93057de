/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making a host what a manifest says: guests are created, their configs are changed, and they are started. What can be done
 * is done, even where something else is refused.
 */
#ifndef BD_OPS_FLEET_APPLY_H
#define BD_OPS_FLEET_APPLY_H

#include "ops/fleet/work.h"

/* For a view that fleet_plan has filled. */
extern const struct fleet_task fleet_apply;

#endif
