/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Passes a fleet's guests to the worker pool. */
#include "ops/fleet/work.h"

#include <stdlib.h>

_Static_assert(sizeof(struct fleet_result) <= BD_WORKER_RESULT_SIZE, "a worker hands its result back in one piece");

int fleet_work_begin(struct fleet_work *work, const struct fleet_task *task, struct fleet_view *view,
		     const struct fleet_options *options, struct bd_error *err)
{
	*work = (struct fleet_work){ .view = view, .options = options };
	work->todo = calloc(view->fleet.count, sizeof(*work->todo));
	return work->todo ? task->choose(work, err) : bd_no_memory(err);
}

void fleet_work_dispose(struct fleet_work *work)
{
	free(work->todo);
	*work = (struct fleet_work){ 0 };
}

struct run {
	const struct fleet_work *work;
	const struct fleet_task *task;
};

static int do_one(void *context, size_t index, void *result, struct bd_error *err)
{
	const struct run *run = context;

	return run->task->do_one(run->work, run->work->todo[index], result, err);
}

int fleet_work_run(struct fleet_work *work, const struct fleet_task *task, unsigned jobs,
		   const struct bd_worker_events *events, struct bd_worker_summary *summary_out, struct bd_error *err)
{
	struct run run = { work, task };
	const struct bd_worker_pool pool = {
		.count = work->count, .jobs = jobs, .work = do_one, .context = &run, .events = events
	};

	/* Workers load the toolstack for themselves. */
	boot_dispose(&work->view->guests.boot);
	if (bd_worker_pool_run(&pool, summary_out, err) != 0)
		return -1;
	if (!summary_out->failed)
		return 0;
	if (work->count == 1)
		return bd_fail_as(err, &summary_out->first, "%s", "");
	return bd_fail_as(err, &summary_out->first, "%zu of %zu guests failed", summary_out->failed, work->count);
}
