/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is seen of a fleet's workers: on a terminal a line for each guest that is worked on, a total and an estimate; else a
 * line for each guest that is done; as JSON an object a line for each event; nothing but failures when quiet.
 */
#ifndef BD_CLI_FLEET_DISPLAY_H
#define BD_CLI_FLEET_DISPLAY_H

#include "ops/fleet/work.h"

/* fleet_work_run with that display, and the summary at the end. Where there is nothing to do, nothing is said with json
 * but the summary; else that there is: `nothing`. */
int fleet_display_run(struct fleet_work *work, const struct fleet_task *task, unsigned jobs, const char *nothing,
		      bool json, struct bd_error *err);

#endif
