/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running other programs by argv, never through a shell: to completion (bd_run), or while reading their output
 * (bd_child).
 *
 * Each runs in its own process group, so that Ctrl-C reaches only us, and stopping it reaches everything that it
 * started. argv is NULL-terminated; an argv[0] without a "/" is looked up by bd_find_program. */
#ifndef BD_BASE_PROCESS_RUN_H
#define BD_BASE_PROCESS_RUN_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

struct bd_run {
	const char *const *argv;
	const char *stdin_text; /* NULL: /dev/null */
	const char *directory; /* working directory; NULL: ours */
	char *output; /* the caller's buffer for stdout and stderr together, or NULL: discarded */
	size_t output_size; /* of longer output the end is kept; always terminated */
	int also_good; /* another status that is not a failure; 0: none */
	int *status_out; /* where its exit status goes, whatever that is, which is then no failure; NULL: it is not wanted */
	bool has_no_cleanup; /* it is stopped by SIGKILL, at once: it leaves nothing that it would have to remove */
	double deadline_s; /* of bd_clock_s: then it is stopped, wherever it is waited for, which fails with ETIME; 0: none */
	bool uninterrupted; /* it runs to its end though a signal has come: for what cleans up, or must not be half done */
	const char *const *environment; /* "NAME=value", with a NULL at the end; NULL: ours */
	/* Called in the child right before the program at path is executed; false: that may not be (status 126). After fork: it does
	 * what is async-signal-safe. sandbox/program.h has the one for programs that read what is not trusted. */
	bool (*confine)(const char *path, const void *context);
	const void *confine_context;
};

/* Runs it to its end. Fails when it cannot be started (ENOPKG: not installed), is killed, ends with a status that
 * is not good (EIO; the message has the first line of its output's end that begins with "E: ", or else the last),
 * or on a signal (BD_KIND_CANCELED) unless it is uninterrupted: then it is stopped as bd_child_dispose does. */
int bd_run(const struct bd_run *run, struct bd_error *err);

struct bd_child {
	const char *name; /* argv[0], borrowed */
	pid_t pid; /* 0: none, or its end has been seen */
	int output_fd; /* its standard output, for reading */
	int log_fd; /* what it has written to standard error */
	bool uninterrupted, has_no_cleanup; /* as of the run */
	double deadline_s;
};

#define BD_CHILD_INIT \
	{ \
		NULL, 0, -1, -1, false, false, 0 \
	}

/* Starts it. ENOPKG: it is not installed. */
int bd_child_start(const char *const *argv, struct bd_child *child_out, struct bd_error *err);

/* The same; of run, what is about the output does not count. */
int bd_child_start_run(const struct bd_run *run, struct bd_child *child_out, struct bd_error *err);

/* Waits until there is output, or its end; tick (may be NULL) is called ten times a second, and ends it where it fails.
 * BD_KIND_CANCELED on a signal. */
int bd_child_wait_output(struct bd_child *child, int (*tick)(void *context, struct bd_error *err), void *context,
			 struct bd_error *err);

/* Whether all that it has written is read, and it can write no more; waits until that is known. Where a reader has failed, an output that
 * ends early is not the reason, but what follows from it. */
bool bd_child_at_end(const struct bd_child *child);

/* Reads what is left of the output into nowhere, and waits for the end. Fails as bd_run does; the lines are its
 * log's. */
int bd_child_finish(struct bd_child *child, struct bd_error *err);

/* The last lines of the log; the caller frees. NULL: there are none. */
char *bd_child_log_tail(const struct bd_child *child, unsigned lines);

/* Stops it when it still runs, and waits for its end, so that it can clean up. Idempotent. */
void bd_child_dispose(struct bd_child *child);

/* 0 and the program's path in path_out (PATH, then /usr/local/sbin, /usr/sbin, /sbin), or ENOPKG. */
int bd_find_program(const char *name, char *path_out, size_t path_size, struct bd_error *err);

/* The folder of the running program. false: it cannot be told. */
bool bd_program_folder(char folder_out[PATH_MAX]);

#endif
