/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Displays the progress of a fleet's workers: on a terminal a line for each guest in progress, with a total and an
 * estimate; elsewhere a line for each guest that is done; as JSON an object per line for each event; only failures
 * when quiet. */
#ifndef BD_CLI_FLEET_DISPLAY_H
#define BD_CLI_FLEET_DISPLAY_H

#include "ops/fleet/work.h"

/* fleet_work_run with that display, and the summary at the end. Where there is nothing to do, nothing is said with json
 * but the summary; else that there is: `nothing`. */
int fleet_display_run(struct fleet_work *work, const struct fleet_task *task, unsigned jobs, const char *nothing,
		      bool json, struct bd_error *err);

#endif
