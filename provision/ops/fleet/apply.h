/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Brings a host in line with a manifest: guests are created, their configs are changed, and they are started. What
 * is possible is done, even if something else is refused. */
#ifndef BD_OPS_FLEET_APPLY_H
#define BD_OPS_FLEET_APPLY_H

#include "ops/fleet/work.h"

/* For a view that fleet_plan has filled. */
extern const struct fleet_task fleet_apply;

#endif
