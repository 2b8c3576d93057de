/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program that runs while we read what it prints. Like base/process/run.h: by argv, never through a shell. */
#ifndef BD_BASE_PROCESS_CHILD_H
#define BD_BASE_PROCESS_CHILD_H

#include <sys/types.h>

#include "base/err.h"

struct bd_child {
	const char *name; /* argv[0], borrowed */
	pid_t pid; /* 0: none, or its end has been seen */
	int output_fd; /* its standard output, for reading */
	int log_fd; /* what it has written to standard error */
};

#define BD_CHILD_INIT \
	{ \
		NULL, 0, -1, -1 \
	}

/* Starts it, in a process group of its own, so that Ctrl-C reaches us only and stopping it reaches all that it started.
 * argv[0] is looked up as by bd_run. ENOPKG: it is not installed. */
int bd_child_start(const char *const *argv, struct bd_child *child_out, struct bd_error *err);

/* Waits until there is output, or its end; tick (may be NULL) is called ten times a second. BD_ECANCELED on a signal. */
int bd_child_wait_output(struct bd_child *child, void (*tick)(void), struct bd_error *err);

/* Reads what is left of the output into nowhere, and waits for the end. EIO: it failed; the message has the first
 * line of its log's end that begins with "E:", or else the last. */
int bd_child_finish(struct bd_child *child, struct bd_error *err);

/* The last lines of the log; the caller frees. NULL: there are none. */
char *bd_child_log_tail(const struct bd_child *child, unsigned lines);

/* Stops it when it still runs, and waits for its end, so that it can clean up. Idempotent. */
void bd_child_dispose(struct bd_child *child);

#endif
