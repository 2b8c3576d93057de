/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Work on many guests, some at a time: each guest's in a process of its own, so that one's failure is nobody else's, and
 * all of it in one display (cli/fleet/display.h).
 *
 * A worker ends with the program, however that ends: on Ctrl-C and SIGTERM it cleans up as the single command would; when
 * the program is killed, the worker gets SIGTERM.
 */
#ifndef BD_OPS_FLEET_WORKER_POOL_H
#define BD_OPS_FLEET_WORKER_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* What a worker hands back: plain bytes. */
struct worker_result {
	char what[24]; /* what was done, for people and events: "made", "started", "stopped", "nothing" */
	char note[160]; /* one line more, or "" */
	bool has_domid, ready;
	uint32_t domid;
	double seconds; /* filled by the crew */
};

struct worker_pool {
	size_t count;
	unsigned jobs; /* at a time, at least 1 */
	const char *verb; /* for the total: "made", "stopped" */
	const char *(*name)(void *context, size_t index);
	/* In the worker's process: what it changes in memory is not seen by others. Standard output is not for it. */
	int (*work)(void *context, size_t index, struct worker_result *result, struct bd_error *err);
	/* In this process, when a worker has ended; NULL: nobody wants to know. err->code 0: it went well. */
	void (*ended)(void *context, size_t index, const struct worker_result *result, const struct bd_error *err);
	void *context;
	bool events; /* a JSON object a line on stdout instead of the display (--json) */
};

struct worker_summary {
	size_t done, failed, left; /* left: not begun, because of a signal */
	int first_code, first_kind; /* of the first failure; code 0: none */
	double seconds;
};

/* Returns 0 when every worker was seen to its end, whatever came of it; -1: BD_ECANCELED (summary_out is filled), or
 * processes cannot be made. */
int worker_pool_run(const struct worker_pool *pool, struct worker_summary *summary_out, struct bd_error *err);

/* -j N; NULL: as many as there are processors, but 8 at most. */
int worker_jobs_option(const char *text, unsigned *jobs_out, struct bd_error *err);

/* The failures of a run, each of which has been told, as one error that counts them: 0 when there are none. The code and
 * the kind are the first's; the message is empty where there is nothing to count. */
int worker_verdict(const struct worker_summary *summary, struct bd_error *err);

#endif
