/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs several tasks at a time, each in its own process, so that one failure does not affect the others.
 *
 * A worker ends with the program, however that ends: on Ctrl-C and SIGTERM it cleans up as a single command would;
 * if the program is killed, the worker gets SIGTERM. Progress stages and log messages of a worker are sent to the
 * program, which displays them. */
#ifndef BD_BASE_PROCESS_WORKER_POOL_H
#define BD_BASE_PROCESS_WORKER_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/log.h"

/* Of what a worker hands back. */
#define BD_WORKER_RESULT_SIZE 256

/* What the program is told while the workers work, in its own process. index: the piece of work; slot: from 0 to jobs - 1,
 * no two workers have the same at a time. */
struct bd_worker_events {
	void (*begin)(void *context, unsigned slot, size_t index);
	void (*stage)(void *context, unsigned slot, const char *stage, uint64_t done, uint64_t total);
	void (*log)(void *context, unsigned slot, enum bd_log_level level, const char *line);
	/* result: as the worker left it, aligned for any type. err->code 0: it went well. */
	void (*end)(void *context, unsigned slot, const void *result, double seconds, const struct bd_error *err);
	void (*tick)(void *context); /* some time has passed, a tenth of a second at most */
	void *context;
};

struct bd_worker_pool {
	size_t count; /* pieces of work */
	unsigned jobs; /* at a time, at least 1 */
	/* In the worker's process: what it changes in memory is not seen by others, except for result, which is zeroed, of
	 * BD_WORKER_RESULT_SIZE bytes, and holds no pointers. Standard output is not for it. */
	int (*work)(void *context, size_t index, void *result, struct bd_error *err);
	void *context;
	const struct bd_worker_events *events;
};

struct bd_worker_summary {
	size_t done, failed, stopped; /* stopped: by a signal to the program, while it was worked on */
	size_t left; /* not begun, because of a signal */
	struct bd_error first; /* of the failures; code 0: none */
	double seconds;
};

/* Returns 0 when every worker was seen to its end, whatever came of it; -1: BD_ECANCELED, or processes cannot be made.
 * summary_out is filled in any case. */
int bd_worker_pool_run(const struct bd_worker_pool *pool, struct bd_worker_summary *summary_out,
		       struct bd_error *err);

/* How many to run at a time where nobody says: as many as there are processors, up to 8. */
unsigned bd_worker_pool_default_jobs(void);

#endif
