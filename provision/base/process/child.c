/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fork, exec, a pipe for the output, a memory file for the log. */
#include "base/process/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/process/cancel.h"
#include "base/process/run.h"

#define LOG_TAIL_BYTES 16384
#define TICK_MS 100
#define PATIENCE_S 60 /* for its own clean-up after SIGTERM */

/* Only async-signal-safe calls from here to the exec. */
static _Noreturn void become_child(const char *program, const char *const *argv, int null_fd, int output_fd,
				   int log_fd)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

	setpgid(0, 0);
	dup2(null_fd, STDIN_FILENO);
	dup2(output_fd, STDOUT_FILENO);
	dup2(log_fd, STDERR_FILENO);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		signal(signals[i], SIG_DFL);
	bd_cancel_restore_ignored();
	execv(program, (char *const *)argv);
	_exit(127);
}

static int fork_child(const char *program, const char *const *argv, struct bd_child *child, struct bd_error *err)
{
	BD_CLOSE int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int output[2];

	child->log_fd = memfd_create("log", MFD_CLOEXEC);
	if (null_fd < 0 || child->log_fd < 0 || pipe2(output, O_CLOEXEC) != 0)
		return bd_fail_errno(err, "cannot run %s", child->name);
	child->output_fd = output[0];
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0)
		become_child(program, argv, null_fd, output[1], child->log_fd);
	close(output[1]);
	if (pid < 0)
		return bd_fail_errno(err, "cannot run %s", child->name);
	/* In both, as it is not known who comes first. */
	setpgid(pid, pid);
	child->pid = pid;
	return 0;
}

int bd_child_start(const char *const *argv, struct bd_child *child_out, struct bd_error *err)
{
	BD_DISPOSE(bd_child_dispose) struct bd_child child = BD_CHILD_INIT;
	char program[PATH_MAX];

	child.name = argv[0];
	if (strchr(argv[0], '/'))
		snprintf(program, sizeof(program), "%s", argv[0]);
	else if (bd_find_program(argv[0], program, sizeof(program), err) != 0)
		return -1;
	bd_run_tell(argv);
	if (fork_child(program, argv, &child, err) != 0)
		return -1;
	*child_out = child;
	child = (struct bd_child)BD_CHILD_INIT;
	return 0;
}

int bd_child_wait_output(struct bd_child *child, void (*tick)(void), struct bd_error *err)
{
	for (;;) {
		struct pollfd fds[2] = { { .fd = child->output_fd, .events = POLLIN },
					 { .fd = bd_cancel_fd(), .events = POLLIN } };
		int r = poll(fds, 2, TICK_MS);
		if (bd_cancel_check(err) != 0)
			return -1;
		if (r < 0 && errno != EINTR)
			return bd_fail_errno(err, "cannot wait for %s", child->name);
		if (r > 0 && fds[0].revents)
			return 0;
		if (tick)
			tick();
	}
}

/* 1: there was something. 0: its end. */
static int skip_output(struct bd_child *child, struct bd_error *err)
{
	char chunk[65536];
	ssize_t n = read(child->output_fd, chunk, sizeof(chunk));

	if (n < 0 && errno != EINTR)
		return bd_fail_errno(err, "cannot read what %s prints", child->name);
	return n != 0;
}

/* The line with the reason, in place: what comes after the first error follows from it. */
static const char *reason(char *log)
{
	const char *last = "";
	char *rest = NULL;

	for (char *line = strtok_r(log, "\r\n", &rest); line; line = strtok_r(NULL, "\r\n", &rest)) {
		last = line;
		if (strncmp(line, "E: ", 3) == 0)
			return line + 3;
	}
	return last;
}

int bd_child_finish(struct bd_child *child, struct bd_error *err)
{
	int status, r;

	do {
		if (bd_child_wait_output(child, NULL, err) != 0)
			return -1;
		r = skip_output(child, err);
	} while (r > 0);
	if (r < 0)
		return -1;
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	child->pid = 0;
	if (bd_cancel_check(err) != 0)
		return -1;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFSIGNALED(status))
		return bd_fail(err, EIO, "%s was killed by signal %d", child->name, WTERMSIG(status));
	BD_FREE char *log = bd_child_log_tail(child, UINT_MAX);
	const char *why = log ? reason(log) : "";
	if (*why)
		return bd_fail(err, EIO, "%s failed: %.300s", child->name, why);
	return bd_fail(err, EIO, "%s failed with status %d", child->name, WEXITSTATUS(status));
}

char *bd_child_log_tail(const struct bd_child *child, unsigned lines)
{
	BD_FREE char *text = calloc(1, LOG_TAIL_BYTES + 1);
	struct stat log;

	if (!text || fstat(child->log_fd, &log) != 0)
		return NULL;
	off_t size = log.st_size;
	off_t from = size > LOG_TAIL_BYTES ? size - LOG_TAIL_BYTES : 0;
	ssize_t n = pread(child->log_fd, text, (size_t)(size - from), from);
	if (n <= 0)
		return NULL;
	/* A NUL in it would end the text early. */
	for (ssize_t i = 0; i < n; i++)
		if (!text[i])
			text[i] = '?';
	char *at = text + n;
	while (at > text && at[-1] == '\n')
		*--at = '\0';
	for (unsigned seen = 0; at > text; at--)
		if (at[-1] == '\n' && ++seen == lines)
			break;
	return strdup(at);
}

void bd_child_dispose(struct bd_child *child)
{
	if (child->output_fd >= 0)
		close(child->output_fd);
	if (child->pid > 0) {
		const struct timespec tick = { .tv_nsec = TICK_MS * 1000000 };
		kill(-child->pid, SIGTERM);
		for (int i = 0; waitpid(child->pid, NULL, WNOHANG) == 0; i++) {
			nanosleep(&tick, NULL);
			if (i == PATIENCE_S * 1000 / TICK_MS)
				kill(-child->pid, SIGKILL);
		}
	}
	if (child->log_fd >= 0)
		close(child->log_fd);
	*child = (struct bd_child)BD_CHILD_INIT;
}
