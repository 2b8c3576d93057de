/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sandboxed child for reading untrusted bytes. It is a fork of this process with one descriptor to read and one
 * pipe to write, and another to read requests from where it serves them; it can open no file, run no program, communicate with nothing else, and has a memory limit. Its
 * output must be checked like any other input, because the bytes may have taken over the child. */
#ifndef BD_SANDBOX_SANDBOX_H
#define BD_SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct bd_sandbox_job {
	int input_fd; /* borrowed; the child reads it from where it stands */
	void (*prepare)(void *context); /* while the child can still open files; may be NULL. For what is ours only */
	/* Looks at the input and writes its answer. When it returns, the child ends. */
	void (*work)(void *context, int input_fd, int output_fd);
	void *context;
	bool takes_requests; /* bd_sandbox_receive reads what bd_sandbox_request writes */
	uint64_t memory_bytes; /* that it may allocate, in addition to what it starts with */
	unsigned idle_cpu_s; /* seconds of CPU time that it may use without writing anything */
	unsigned cpu_s; /* seconds of CPU time that it may use in all; 0: as many as it likes */
	/* As whom it looks at the input, where root starts it: as that user and group and in no others, or not at all. uid 0: as nobody
	 * (the kernel's overflowuid), as far as that can be had in a container. */
	uid_t uid;
	gid_t gid;
	/* A nobody that root starts gets a user namespace of its own, in which no user is; it does without where none is to be had. */
	bool own_users;
	bool ends_openers; /* opening a file, which is refused in any case, ends it; not where a library of others tries */
};

struct bd_sandbox {
	pid_t pid; /* 0: none, or its end has been seen */
	int output_fd;
	int request_fd; /* -1: it takes none */
	int status; /* of its end, as wait(2) has it */
	unsigned idle_cpu_s;
	double cpu_s; /* used when there was last something to read */
	unsigned cpu_limit_s, time_limit_s; /* for messages */
	double deadline_s; /* of bd_clock_s; 0: none */
};

#define BD_SANDBOX_INIT \
	{ \
		0, -1, -1, 0, 0, 0, 0, 0, 0 \
	}

int bd_sandbox_start(const struct bd_sandbox_job *job, struct bd_sandbox *sandbox_out, struct bd_error *err);

/* From now on it has so many seconds, whatever it does with them; 0: as many as it likes, as at its start. Then bd_sandbox_read
 * fails with ETIME. */
void bd_sandbox_set_deadline(struct bd_sandbox *sandbox, unsigned seconds);

/* No more than a pipe holds: the child reads a request when it has answered the one before. That it has ended is an error. */
int bd_sandbox_request(struct bd_sandbox *sandbox, const void *data, size_t size_bytes, struct bd_error *err);
/* The same, up to BD_SANDBOX_ANSWER_MAX, for a child that has read all before it. EBADMSG: it has not. */
#define BD_SANDBOX_ANSWER_MAX 61440
int bd_sandbox_answer(struct bd_sandbox *sandbox, const void *data, size_t size_bytes, struct bd_error *err);
/* The child's side of it: all of so many bytes. False: there are none any more. */
bool bd_sandbox_receive(void *data_out, size_t size_bytes);

/* Waits for output, and reads as much as there is, up to size_bytes. got_out 0: it has come to its end.
 * BD_ECANCELED: a signal has come; ETIME: it computes, and writes nothing, or its time is up. */
int bd_sandbox_read(struct bd_sandbox *sandbox, void *data_out, size_t size_bytes, size_t *got_out,
		    struct bd_error *err);

/* Behind the end of its output: 0 when it ended by itself. Otherwise says why it did not. */
int bd_sandbox_finish(struct bd_sandbox *sandbox, struct bd_error *err);

/* Kills it where it is still there. Idempotent. */
void bd_sandbox_dispose(struct bd_sandbox *sandbox);

#endif
