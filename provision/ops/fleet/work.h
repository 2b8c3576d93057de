/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs one operation on some of a fleet's guests, with a worker process for each. */
#ifndef BD_OPS_FLEET_WORK_H
#define BD_OPS_FLEET_WORK_H

#include "base/process/worker_pool.h"
#include "ops/fleet/view.h"
#include "ops/host/stages.h"

/* What was done about a guest. */
struct fleet_result {
	char what[24]; /* for people and events: "created", "started", "stopped" */
	char note[160]; /* one line more, or "" */
	bool has_domid, ready;
	uint32_t domid;
	float stage_seconds[BOOT_STAGE_COUNT]; /* as of struct boot_stages */
};

struct fleet_work {
	struct fleet_view *view;
	const struct fleet_options *options;
	const struct fleet_item **todo; /* owned; in the manifest's order */
	size_t count;
};

/* An operation on a fleet. */
struct fleet_task {
	/* Fills todo, which has room for all guests of the manifest. */
	int (*choose)(struct fleet_work *work, struct bd_error *err);
	int (*do_one)(const struct fleet_work *work, const struct fleet_item *item, struct fleet_result *result,
		      struct bd_error *err);
	bool needs_xen;
};

/* Calls the task's choose; work is zeroed before. */
int fleet_work_begin(struct fleet_work *work, const struct fleet_task *task, struct fleet_view *view,
		     const struct fleet_options *options, struct bd_error *err);
void fleet_work_dispose(struct fleet_work *work); /* idempotent; of a zeroed one, too */

/* Does it; the results that events see are struct fleet_result. The error counts the failures, each of which events has
 * been told; its message is empty where there was one guest only. */
int fleet_work_run(struct fleet_work *work, const struct fleet_task *task, unsigned jobs,
		   const struct bd_worker_events *events, struct bd_worker_summary *summary_out,
		   struct bd_error *err);

#endif
