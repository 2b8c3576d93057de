/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs the workers' processes. A worker sends messages of a fixed size through a pipe, each in one write. */
#include "base/process/worker_pool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/process/cancel.h"
#include "base/progress.h"

#define TICK_MS 100
#define JOBS_DEFAULT_MAX 8

enum message_kind { MESSAGE_STAGE, MESSAGE_LOG, MESSAGE_RESULT };

struct message {
	enum message_kind kind;
	int code; /* of the error, or the log's level */
	int error_kind, error_field;
	uint64_t done, total;
	_Alignas(max_align_t) unsigned char result[BD_WORKER_RESULT_SIZE];
	char text[BD_ERROR_MESSAGE_SIZE]; /* stage, line, or the error */
};
_Static_assert(sizeof(struct message) <= PIPE_BUF, "a message reaches the pipe in one piece");

struct worker {
	pid_t pid; /* 0: the slot is free */
	size_t index;
	int fd;
	double begin_s;
	bool has_result;
	_Alignas(max_align_t) unsigned char result[BD_WORKER_RESULT_SIZE];
	struct bd_error err;
};

struct run {
	const struct bd_worker_pool *pool;
	struct worker *workers; /* pool->jobs of them */
	struct pollfd *polls; /* one more than workers: the cancel pipe */
	size_t next, active;
	bool told_to_stop;
	double looked_s; /* for dead workers */
	struct bd_worker_summary summary;
};

/* --- in the worker --------------------------------------------------------------------------------------------- */

static void send(int fd, const struct message *message)
{
	ssize_t ignored = TEMP_FAILURE_RETRY(write(fd, message, sizeof(*message)));

	(void)ignored;
}

static void send_stage(void *context, const char *stage, uint64_t done, uint64_t total)
{
	struct message message = { .kind = MESSAGE_STAGE, .done = done, .total = total };

	snprintf(message.text, sizeof(message.text), "%s", stage);
	send(*(const int *)context, &message);
}

static void send_log(void *context, enum bd_log_level level, const char *line)
{
	struct message message = { .kind = MESSAGE_LOG, .code = (int)level };

	snprintf(message.text, sizeof(message.text), "%s", line);
	send(*(const int *)context, &message);
}

static void be_worker(const struct bd_worker_pool *pool, size_t index, int fd, pid_t parent)
{
	struct message message = { .kind = MESSAGE_RESULT };
	struct bd_error err = BD_ERROR_INIT;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	bd_progress_set_sink(send_stage, &fd);
	bd_log_set_sink(send_log, &fd);
	int r = getppid() != parent ? bd_canceled(&err, "stopped") : bd_cancel_after_fork(&err);
	if (r == 0)
		r = pool->work(pool->context, index, message.result, &err);
	if (r != 0) {
		message.code = err.code ? err.code : EIO;
		message.error_kind = err.kind;
		message.error_field = err.field;
		memcpy(message.text, err.message, sizeof(message.text));
	}
	send(fd, &message);
	_exit(0);
}

/* --- in the program -------------------------------------------------------------------------------------------- */

static int start_worker(struct run *run, unsigned slot, struct bd_error *err)
{
	struct worker *worker = &run->workers[slot];
	pid_t parent = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return bd_fail_errno(err, "cannot make a pipe");
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		close(ends[0]);
		/* Or a worker's write would not fail when the program is gone. */
		for (unsigned other = 0; other < run->pool->jobs; other++)
			if (run->workers[other].pid)
				close(run->workers[other].fd);
		be_worker(run->pool, run->next, ends[1], parent);
	}
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return bd_fail_errno(err, "cannot start a process");
	}
	*worker = (struct worker){ .pid = pid, .index = run->next, .fd = ends[0], .begin_s = bd_clock_s() };
	run->pool->events->begin(run->pool->events->context, slot, run->next);
	run->next++;
	run->active++;
	return 0;
}

/* However deep in its work a worker was, for the same signal all say the same. */
static void count_end(struct run *run, struct worker *worker)
{
	struct bd_worker_summary *summary = &run->summary;

	if (!worker->err.code) {
		summary->done++;
	} else if (worker->err.kind == BD_KIND_CANCELED && bd_cancel_check(&worker->err) != 0) {
		summary->stopped++;
	} else if (summary->failed++ == 0) {
		summary->first = worker->err;
	}
}

static void end_worker(struct run *run, unsigned slot, int status)
{
	struct worker *worker = &run->workers[slot];
	const struct bd_worker_events *events = run->pool->events;

	close(worker->fd);
	if (!worker->has_result && WIFSIGNALED(status))
		bd_fail(&worker->err, EIO, "its process was killed by signal %d (%s)", WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	else if (!worker->has_result && !worker->err.code)
		bd_fail(&worker->err, EIO, "its process ended without an error message");
	count_end(run, worker);
	events->end(events->context, slot, worker->result, bd_clock_s() - worker->begin_s, &worker->err);
	worker->pid = 0;
	run->active--;
}

static void take_message(struct run *run, unsigned slot, const struct message *message)
{
	struct worker *worker = &run->workers[slot];
	const struct bd_worker_events *events = run->pool->events;

	switch (message->kind) {
	case MESSAGE_STAGE:
		events->stage(events->context, slot, message->text, message->done, message->total);
		break;
	case MESSAGE_LOG:
		events->log(events->context, slot, (enum bd_log_level)message->code, message->text);
		break;
	case MESSAGE_RESULT:
		worker->has_result = true;
		memcpy(worker->result, message->result, sizeof(worker->result));
		worker->err.code = message->code;
		worker->err.kind = message->error_kind;
		worker->err.field = message->error_field;
		memcpy(worker->err.message, message->text, sizeof(worker->err.message));
		break;
	}
}

/* Its last message ends it. Not the pipe's end: what it has started and goes on may have the pipe too. */
static void hear(struct run *run, unsigned slot)
{
	struct worker *worker = &run->workers[slot];
	struct message message;
	int status = 0;

	ssize_t size = read(worker->fd, &message, sizeof(message));
	if (size < 0 && errno == EINTR)
		return;
	if (size < 0)
		bd_fail_errno(&worker->err, "cannot read the report of its process");
	if (size == (ssize_t)sizeof(message))
		take_message(run, slot, &message);
	if (size == (ssize_t)sizeof(message) && !worker->has_result)
		return;
	TEMP_FAILURE_RETRY(waitpid(worker->pid, &status, 0));
	end_worker(run, slot, status);
}

/* For a worker that was killed while something else holds its pipe. */
static void look_for_dead(struct run *run)
{
	for (unsigned slot = 0; slot < run->pool->jobs; slot++) {
		struct worker *worker = &run->workers[slot];
		struct pollfd waiting = { .fd = worker->fd, .events = POLLIN };
		int status;

		if (worker->pid && waitpid(worker->pid, &status, WNOHANG) == worker->pid) {
			struct message message;
			while (poll(&waiting, 1, 0) > 0 &&
			       read(worker->fd, &message, sizeof(message)) == (ssize_t)sizeof(message))
				take_message(run, slot, &message);
			end_worker(run, slot, status);
		}
	}
}

/* With the signal that came, so that each says by what it was stopped. Ctrl-C at a terminal reaches them anyway; a second
 * one changes nothing. */
static void tell_to_stop(struct run *run)
{
	run->told_to_stop = true;
	for (unsigned slot = 0; slot < run->pool->jobs; slot++)
		if (run->workers[slot].pid)
			kill(run->workers[slot].pid, bd_cancel_signal());
}

static void wait_for_news(struct run *run)
{
	unsigned jobs = run->pool->jobs;

	for (unsigned slot = 0; slot < jobs; slot++)
		run->polls[slot] = (struct pollfd){ .fd = run->workers[slot].pid ? run->workers[slot].fd : -1,
						    .events = POLLIN };
	run->polls[jobs] = (struct pollfd){ .fd = run->told_to_stop ? -1 : bd_cancel_fd(), .events = POLLIN };
	int r = poll(run->polls, jobs + 1, TICK_MS);
	if (bd_cancel_signal() && !run->told_to_stop)
		tell_to_stop(run);
	if (r > 0) {
		for (unsigned slot = 0; slot < jobs; slot++)
			if (run->polls[slot].fd >= 0 && run->polls[slot].revents)
				hear(run, slot);
	}
	if (r == 0 || bd_clock_s() - run->looked_s > 1) {
		look_for_dead(run);
		run->looked_s = bd_clock_s();
	}
	run->pool->events->tick(run->pool->events->context);
}

/* When there can be no further process just now, those that are at work go on, and it is tried again. */
static int start_free(struct run *run, struct bd_error *err)
{
	for (unsigned slot = 0; slot < run->pool->jobs && run->next < run->pool->count && !bd_cancel_signal(); slot++)
		if (!run->workers[slot].pid && start_worker(run, slot, err) != 0)
			return run->active ? 0 : -1;
	return 0;
}

static int run_all(struct run *run, struct bd_error *err)
{
	int r = 0;

	while (r == 0 && run->next < run->pool->count && !bd_cancel_signal()) {
		r = start_free(run, err);
		if (r == 0)
			wait_for_news(run);
	}
	while (run->active)
		wait_for_news(run);
	run->summary.left = run->pool->count - run->next;
	if (r != 0)
		return -1;
	return run->summary.left || run->summary.failed || run->summary.stopped ? bd_cancel_check(err) : 0;
}

int bd_worker_pool_run(const struct bd_worker_pool *pool, struct bd_worker_summary *summary_out, struct bd_error *err)
{
	BD_FREE struct worker *workers = calloc(pool->jobs, sizeof(*workers));
	BD_FREE struct pollfd *polls = calloc(pool->jobs + 1, sizeof(*polls));
	struct run run = { .pool = pool, .workers = workers, .polls = polls };
	double begin_s = bd_clock_s();

	int r = workers && polls ? run_all(&run, err) : bd_no_memory(err);
	run.summary.seconds = bd_clock_s() - begin_s;
	*summary_out = run.summary;
	return r;
}

unsigned bd_worker_pool_default_jobs(void)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	return processors < 1 ? 1 : processors > JOBS_DEFAULT_MAX ? JOBS_DEFAULT_MAX : (unsigned)processors;
}
