/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is seen of a crew at work: on a terminal a line for each guest that is worked on, a total and an estimate; else a
 * line for each guest that is finished; as JSON an object a line for each event; nothing but failures when quiet.
 */
#ifndef BD_CLI_FLEET_DISPLAY_H
#define BD_CLI_FLEET_DISPLAY_H

#include "base/log.h"
#include "ops/fleet/worker_pool.h"

struct crew_display;

struct crew_display *crew_display_new(const struct crew *crew); /* NULL: out of memory */
void crew_display_free(struct crew_display **display); /* the live lines go away */

/* slot: 0 to jobs - 1, one for each worker at a time. */
void crew_display_begin(struct crew_display *display, unsigned slot, size_t index);
void crew_display_stage(struct crew_display *display, unsigned slot, const char *stage, uint64_t done,
			uint64_t total);
void crew_display_log(struct crew_display *display, unsigned slot, enum bd_log_level level, const char *line);
/* err->code 0: it went well. */
void crew_display_end(struct crew_display *display, unsigned slot, const struct crew_result *result,
		      const struct bd_error *err);
void crew_display_refresh(struct crew_display *display); /* time has passed */
void crew_display_summary(struct crew_display *display, const struct crew_summary *summary);

#endif
