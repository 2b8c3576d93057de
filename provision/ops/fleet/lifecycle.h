/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting, stopping and removing all existing guests of a manifest. Guests with a name from the manifest that were
 * not created for the fleet are skipped with a warning. */
#ifndef BD_OPS_FLEET_LIFECYCLE_H
#define BD_OPS_FLEET_LIFECYCLE_H

#include "ops/fleet/work.h"

extern const struct fleet_task fleet_start, fleet_stop;
/* Domains, disks and configs; also what an interrupted run has left of a guest. */
extern const struct fleet_task fleet_destroy;

#endif
