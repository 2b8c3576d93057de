/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Doing something about some of a fleet's guests, a worker for each. */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/printable.h"
#include "ops/fleet/fleet.h"

int fleet_work_begin(struct fleet_work *work, const struct fleet_view *view, struct bd_error *err)
{
	work->view = view;
	work->count = 0;
	work->todo = calloc(view->fleet.count, sizeof(*work->todo));
	return work->todo ? 0 : bd_no_memory(err);
}

void fleet_work_dispose(struct fleet_work *work)
{
	free(work->todo);
	work->todo = NULL;
	work->count = 0;
}

static const char *name_of(void *context, size_t index)
{
	return ((const struct fleet_work *)context)->todo[index]->guest->name;
}

int fleet_work_run(struct fleet_work *work, const struct fleet_task *task, unsigned jobs, struct bd_error *err)
{
	const struct worker_pool pool = { .count = work->count,
					  .jobs = jobs,
					  .verb = task->verb,
					  .name = name_of,
					  .work = task->work,
					  .context = work,
					  .events = work->options->json };
	struct worker_summary summary = { 0 };

	if (!work->count && !work->options->json) {
		if (bd_log_level() >= BD_LOG_INFO)
			bd_print(stdout, "Nothing to do: %s\n", task->nothing);
		return 0;
	}
	return worker_pool_run(&pool, &summary, err) != 0 ? -1 : worker_verdict(&summary, err);
}
