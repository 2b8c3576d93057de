/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parent's side: fork, wait, watch, kill. */
#include "sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/process/cancel.h"
#include "sandbox/confine.h"

#define PIPE_BYTES (1 << 20) /* the most that another than root may have */
#define WATCH_MS 200

static _Noreturn void become_child(const struct bd_sandbox_job *job, int output_fd, int request_fd, pid_t parent)
{
	if (job->prepare)
		job->prepare(job->context);
	bd_sandbox_confine(&(struct bd_confinement){ .input_fd = job->input_fd,
						     .output_fd = output_fd,
						     .request_fd = request_fd,
						     .memory_bytes = job->memory_bytes,
						     .cpu_s = job->cpu_s,
						     .uid = job->uid,
						     .gid = job->gid,
						     .own_users = job->own_users && !job->uid,
						     .ends_openers = job->ends_openers,
						     .parent = parent });
	job->work(job->context, STDIN_FILENO, STDOUT_FILENO);
	_exit(0);
}

int bd_sandbox_start(const struct bd_sandbox_job *job, struct bd_sandbox *sandbox_out, struct bd_error *err)
{
	int ends[2], requests[2] = { -1, -1 };
	pid_t parent = getpid();

	if (pipe2(ends, O_CLOEXEC) != 0)
		return bd_fail_errno(err, "cannot make a pipe");
	if (job->takes_requests && pipe2(requests, O_CLOEXEC) != 0) {
		bd_fail_errno(err, "cannot make a pipe");
		close(ends[0]);
		close(ends[1]);
		return -1;
	}
	fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES); /* where it may not, it is slower */
	/* A child that reads nothing keeps nobody waiting. */
	if (job->takes_requests)
		fcntl(requests[1], F_SETFL, O_WRONLY | O_NONBLOCK);
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0)
		become_child(job, ends[1], requests[0], parent);
	close(ends[1]);
	bd_cleanup_close(&requests[0]);
	if (pid < 0) {
		bd_fail_errno(err, "cannot start a process");
		close(ends[0]);
		bd_cleanup_close(&requests[1]);
		return -1;
	}
	*sandbox_out = (struct bd_sandbox){ .pid = pid,
					    .output_fd = ends[0],
					    .request_fd = requests[1],
					    .idle_cpu_s = job->idle_cpu_s,
					    .cpu_limit_s = job->cpu_s };
	return 0;
}

void bd_sandbox_set_deadline(struct bd_sandbox *sandbox, unsigned seconds)
{
	sandbox->time_limit_s = seconds;
	sandbox->deadline_s = seconds ? bd_clock_s() + seconds : 0;
}

static int fail_cpu(unsigned limit_s, struct bd_error *err)
{
	return bd_fail(err, ETIME, "it is damaged or malicious: reading it used more than %u s of CPU time", limit_s);
}

/* There is something to read, or its end. */
static int wait_output(struct bd_sandbox *sandbox, struct bd_error *err)
{
	for (;;) {
		struct pollfd fds[2] = { { .fd = sandbox->output_fd, .events = POLLIN },
					 { .fd = bd_cancel_fd(), .events = POLLIN } };
		int r = poll(fds, 2, WATCH_MS);
		if (bd_cancel_check(err) != 0)
			return -1;
		if (r < 0 && errno != EINTR)
			return bd_fail_errno(err, "cannot wait for a process");
		if (sandbox->deadline_s > 0 && bd_clock_s() >= sandbox->deadline_s)
			return bd_fail(err, ETIME, "reading it took longer than %u s", sandbox->time_limit_s);
		if (r > 0 && fds[0].revents) {
			sandbox->cpu_s = bd_cpu_seconds(sandbox->pid);
			return 0;
		}
		/* By its own clock: how busy the machine is does not count, nor how long the input lets it wait. */
		if (r == 0 && bd_cpu_seconds(sandbox->pid) - sandbox->cpu_s > sandbox->idle_cpu_s)
			return bd_fail(err, ETIME,
				       "it is damaged or malicious: reading it used %u s of CPU time without result",
				       sandbox->idle_cpu_s);
	}
}

int bd_sandbox_answer(struct bd_sandbox *sandbox, const void *data, size_t size_bytes, struct bd_error *err)
{
	ssize_t r = TEMP_FAILURE_RETRY(write(sandbox->request_fd, data, size_bytes));

	if (r == (ssize_t)size_bytes)
		return 0;
	if (r >= 0 || errno == EAGAIN)
		return bd_fail(err, EBADMSG, "internal error: the reader process does not read what it asks for");
	if (errno == EPIPE && bd_sandbox_finish(sandbox, err) != 0)
		return -1;
	return bd_fail_errno(err, "cannot write to a pipe");
}

int bd_sandbox_request(struct bd_sandbox *sandbox, const void *data, size_t size_bytes, struct bd_error *err)
{
	if (size_bytes > PIPE_BUF)
		return bd_fail(err, ENAMETOOLONG, "a path is too long");
	return bd_sandbox_answer(sandbox, data, size_bytes, err);
}

bool bd_sandbox_receive(void *data_out, size_t size_bytes)
{
	for (size_t done = 0; done < size_bytes;) {
		ssize_t r =
			TEMP_FAILURE_RETRY(read(BD_SANDBOX_REQUESTS_FD, (char *)data_out + done, size_bytes - done));
		if (r <= 0)
			return false;
		done += (size_t)r;
	}
	return true;
}

int bd_sandbox_read(struct bd_sandbox *sandbox, void *data_out, size_t size_bytes, size_t *got_out,
		    struct bd_error *err)
{
	for (;;) {
		if (wait_output(sandbox, err) != 0)
			return -1;
		ssize_t r = read(sandbox->output_fd, data_out, size_bytes);
		if (r >= 0) {
			*got_out = (size_t)r;
			return 0;
		}
		if (errno != EINTR)
			return bd_fail_errno(err, "cannot read a pipe");
	}
}

static void reap(struct bd_sandbox *sandbox)
{
	TEMP_FAILURE_RETRY(waitpid(sandbox->pid, &sandbox->status, 0));
	sandbox->pid = 0;
}

/* Until it has ended, which closes its pipe, within the limits of bd_sandbox_read: what has taken it over need not end it. What it had
 * still written is nobody's any more, and no more than the pipe had room for. */
static int wait_end(struct bd_sandbox *sandbox, struct bd_error *err)
{
	char dropped[4096];
	size_t got, sum = 0;

	do {
		if (bd_sandbox_read(sandbox, dropped, sizeof(dropped), &got, err) != 0)
			return -1;
		sum += got;
		if (sum > PIPE_BYTES)
			return bd_fail(err, EBADMSG, "internal error: the reader process goes on after its answer");
	} while (got);
	return 0;
}

int bd_sandbox_finish(struct bd_sandbox *sandbox, struct bd_error *err)
{
	if (sandbox->pid && wait_end(sandbox, err) != 0)
		return -1;
	if (sandbox->pid)
		reap(sandbox);
	if (bd_cancel_check(err) != 0)
		return -1;
	int status = sandbox->status;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == BD_SANDBOX_NO_FILTER)
		return bd_fail(err, ENOSYS, "this kernel cannot sandbox the reader process (CONFIG_SECCOMP_FILTER)");
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return bd_fail(err, EINVAL, "it is damaged or malicious: reading it led to a forbidden system call");
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
		return fail_cpu(sandbox->cpu_limit_s, err);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return bd_fail(err, ENOMEM, "the process reading it was killed, perhaps for lack of memory");
	if (WIFSIGNALED(status))
		return bd_fail(err, EINVAL,
			       "it is damaged or malicious: the process reading it was killed by signal %d",
			       WTERMSIG(status));
	return bd_fail(err, EIO, "the process reading it failed with status %d", WEXITSTATUS(status));
}

void bd_sandbox_dispose(struct bd_sandbox *sandbox)
{
	if (sandbox->pid > 0) {
		kill(sandbox->pid, SIGKILL);
		reap(sandbox);
	}
	bd_cleanup_close(&sandbox->output_fd);
	bd_cleanup_close(&sandbox->request_fd);
	*sandbox = (struct bd_sandbox)BD_SANDBOX_INIT;
}
