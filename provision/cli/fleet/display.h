/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is seen of a crew at work: on a terminal a line for each guest that is worked on, a total and an estimate; else a
 * line for each guest that is finished; as JSON an object a line for each event; nothing but failures when quiet.
 */
#ifndef BD_CLI_FLEET_DISPLAY_H
#define BD_CLI_FLEET_DISPLAY_H

#include "base/log.h"
#include "ops/fleet/worker_pool.h"

struct fleet_display;

struct fleet_display *fleet_display_new(const struct worker_pool *pool); /* NULL: out of memory */
void fleet_display_free(struct fleet_display **display); /* the live lines go away */

/* slot: 0 to jobs - 1, one for each worker at a time. */
void fleet_display_begin(struct fleet_display *display, unsigned slot, size_t index);
void fleet_display_stage(struct fleet_display *display, unsigned slot, const char *stage, uint64_t done,
			 uint64_t total);
void fleet_display_log(struct fleet_display *display, unsigned slot, enum bd_log_level level, const char *text);
/* err->code 0: it went well. */
void fleet_display_end(struct fleet_display *display, unsigned slot, const struct worker_result *result,
		       const struct bd_error *err);
void fleet_display_refresh(struct fleet_display *display); /* time has passed */
void fleet_display_summary(struct fleet_display *display, const struct worker_summary *summary);

#endif
