/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fork and exec, with a pipe for the output and memory files for the input and the log. */
#include "base/process/run.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file/file.h"
#include "base/log.h"
#include "base/process/cancel.h"
#include "base/text.h"

#define LOG_TAIL_BYTES 16384
#define TICK_MS 100
#define LOOK_MS 10
#define PATIENCE_S 60 /* for its own clean-up after SIGTERM */

int bd_find_program(const char *name, char *path_out, size_t path_size, struct bd_error *err)
{
	char folders[8192];
	const char *path = getenv("PATH");
	snprintf(folders, sizeof(folders), "%s:/usr/local/sbin:/usr/sbin:/sbin", path ? path : "/usr/bin:/bin");

	char *rest = NULL;
	for (char *folder = strtok_r(folders, ":", &rest); folder; folder = strtok_r(NULL, ":", &rest)) {
		char candidate[PATH_MAX];
		int n = snprintf(candidate, sizeof(candidate), "%s/%s", folder, name);
		if (n < 0 || (size_t)n >= sizeof(candidate) || (size_t)n >= path_size)
			continue;
		if (access(candidate, X_OK) == 0) {
			memcpy(path_out, candidate, (size_t)n + 1);
			return 0;
		}
	}
	return bd_fail(err, ENOPKG, "%s is not installed", name);
}

static int find(const char *name, char path_out[PATH_MAX], struct bd_error *err)
{
	if (!strchr(name, '/'))
		return bd_find_program(name, path_out, PATH_MAX, err);
	if (access(name, X_OK) != 0)
		return bd_fail_errno(err, "cannot run %s", name);
	snprintf(path_out, PATH_MAX, "%s", name);
	return 0;
}

/* Says at --verbose what is run. */
static void tell(const char *const *argv)
{
	char line[1024] = "";

	for (size_t used = 0; *argv && used < sizeof(line); argv++)
		used += (size_t)snprintf(line + used, sizeof(line) - used, " %s", *argv);
	bd_debug("running%s", line);
}

/* Only async-signal-safe calls from here to the exec. */
static _Noreturn void become_child(const struct bd_run *run, const char *program, int input_fd, int output_fd,
				   int log_fd)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

	setpgid(0, 0);
	dup2(input_fd, STDIN_FILENO);
	dup2(output_fd, STDOUT_FILENO);
	dup2(log_fd, STDERR_FILENO);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		signal(signals[i], SIG_DFL);
	bd_cancel_restore_ignored();
	if (run->directory && chdir(run->directory) != 0)
		_exit(126);
	if (run->confine && !run->confine(program, run->confine_context))
		_exit(126);
	execve(program, (char *const *)run->argv, run->environment ? (char *const *)run->environment : environ);
	_exit(127);
}

/* The text as a file, so that nobody has to feed it while the program runs. */
static int open_input(const char *text, struct bd_error *err)
{
	BD_CLOSE int fd = text ? memfd_create("input", MFD_CLOEXEC) : open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return bd_fail_errno(err, "cannot open its input");
	return text && bd_pwrite_all(fd, text, strlen(text), 0, "its input", err) != 0 ? -1 : bd_take_fd(&fd);
}

/* Standard error goes to child->log_fd; where that is -1, to the output. */
static int start(const struct bd_run *run, struct bd_child *child, struct bd_error *err)
{
	char program[PATH_MAX];
	int output[2];

	child->name = run->argv[0];
	child->uninterrupted = run->uninterrupted;
	child->has_no_cleanup = run->has_no_cleanup;
	child->deadline_s = run->deadline_s;
	if (find(child->name, program, err) != 0)
		return -1;
	BD_CLOSE int input_fd = open_input(run->stdin_text, err);
	if (input_fd < 0)
		return bd_wrap(err, "cannot run %s", child->name);
	tell(run->argv);
	if (pipe2(output, O_CLOEXEC) != 0)
		return bd_fail_errno(err, "cannot run %s", child->name);
	child->output_fd = output[0];
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0)
		become_child(run, program, input_fd, output[1], child->log_fd >= 0 ? child->log_fd : output[1]);
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
	return bd_child_start_run(&(struct bd_run){ .argv = argv }, child_out, err);
}

int bd_child_start_run(const struct bd_run *run, struct bd_child *child_out, struct bd_error *err)
{
	BD_DISPOSE(bd_child_dispose) struct bd_child child = BD_CHILD_INIT;

	child.log_fd = memfd_create("log", MFD_CLOEXEC);
	if (child.log_fd < 0)
		return bd_fail_errno(err, "cannot run %s", run->argv[0]);
	if (start(run, &child, err) != 0)
		return -1;
	*child_out = child;
	child = (struct bd_child)BD_CHILD_INIT;
	return 0;
}

static int check_cancel(const struct bd_child *child, struct bd_error *err)
{
	return child->uninterrupted ? 0 : bd_cancel_check(err);
}

static int check_deadline(const struct bd_child *child, struct bd_error *err)
{
	if (child->deadline_s > 0 && bd_clock_s() >= child->deadline_s)
		return bd_fail(err, ETIME, "%s took too long", child->name);
	return 0;
}

int bd_child_wait_output(struct bd_child *child, int (*tick)(void *context, struct bd_error *err), void *context,
			 struct bd_error *err)
{
	for (;;) {
		struct pollfd fds[2] = { { .fd = child->output_fd, .events = POLLIN },
					 { .fd = bd_cancel_fd(), .events = POLLIN } };
		int limit_ms = child->deadline_s > 0 ? bd_clock_ms_until(child->deadline_s) : -1;
		if (tick && (limit_ms < 0 || limit_ms > TICK_MS))
			limit_ms = TICK_MS;
		int r = poll(fds, child->uninterrupted ? 1 : 2, limit_ms);
		if (check_cancel(child, err) != 0)
			return -1;
		if (r < 0 && errno != EINTR)
			return bd_fail_errno(err, "cannot wait for %s", child->name);
		if (check_deadline(child, err) != 0)
			return -1;
		if (r > 0 && fds[0].revents)
			return 0;
		if (tick && tick(context, err) != 0)
			return -1;
	}
}

/* The end of the output, which is where programs say what went wrong. */
struct tail {
	char *text;
	size_t used, size;
};

static void keep(struct tail *tail, const char *chunk, size_t length)
{
	size_t kept = length < tail->size ? length : tail->size;

	if (tail->used + kept > tail->size) {
		size_t drop = tail->used + kept - tail->size;
		memmove(tail->text, tail->text + drop, tail->used - drop);
		tail->used -= drop;
	}
	memcpy(tail->text + tail->used, chunk + length - kept, kept);
	tail->used += kept;
	tail->text[tail->used] = '\0';
}

/* Readable once it has ended; -1: the kernel has no such thing (before Linux 5.3), and the end is looked for. */
static int open_end(const struct bd_child *child)
{
	return (int)syscall(SYS_pidfd_open, child->pid, 0u);
}

/* Until it has ended, the other descriptor is readable, or the time is up, -1: never. */
static void wait_until_ended(int end_fd, int other_fd, int limit_ms)
{
	struct pollfd fds[2] = { { .fd = end_fd, .events = POLLIN }, { .fd = other_fd, .events = POLLIN } };

	if (end_fd < 0 && (limit_ms < 0 || limit_ms > LOOK_MS))
		limit_ms = LOOK_MS;
	poll(fds, 2, limit_ms);
}

/* Behind the end of the output, which need not be the program's. */
static int wait_for_end(struct bd_child *child, int *status_out, struct bd_error *err)
{
	BD_CLOSE int end_fd = open_end(child);

	while (TEMP_FAILURE_RETRY(waitpid(child->pid, status_out, WNOHANG)) == 0) {
		if (check_cancel(child, err) != 0 || check_deadline(child, err) != 0)
			return -1;
		wait_until_ended(end_fd, child->uninterrupted ? -1 : bd_cancel_fd(),
				 child->deadline_s > 0 ? bd_clock_ms_until(child->deadline_s) : -1);
	}
	return 0;
}

/* Reads the output to its end, and waits for the program's. */
static int finish(struct bd_child *child, struct tail *tail, int *status_out, struct bd_error *err)
{
	char chunk[65536];
	ssize_t n;

	do {
		if (bd_child_wait_output(child, NULL, NULL, err) != 0)
			return -1;
		n = read(child->output_fd, chunk, sizeof(chunk));
		if (n < 0 && errno != EINTR)
			return bd_fail_errno(err, "cannot read the output of %s", child->name);
		if (n > 0 && tail)
			keep(tail, chunk, (size_t)n);
	} while (n != 0);
	if (wait_for_end(child, status_out, err) != 0)
		return -1;
	child->pid = 0;
	return check_cancel(child, err);
}

/* The line with the reason: what comes after the first error follows from it. */
static const char *reason(const char *text, int *length_out)
{
	const char *last = "";

	*length_out = 0;
	for (const char *line = text; *line; line += strcspn(line, "\r\n")) {
		line += strspn(line, "\r\n");
		if (!*line)
			break;
		last = line;
		*length_out = (int)strcspn(line, "\r\n");
		if (strncmp(line, "E: ", 3) == 0) {
			*length_out -= 3;
			return line + 3;
		}
	}
	return last;
}

static int judge(const char *name, int status, int also_good, const char *text, struct bd_error *err)
{
	int length;

	if (WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == also_good))
		return 0;
	if (WIFSIGNALED(status))
		return bd_fail(err, EIO, "%s was killed by signal %d", name, WTERMSIG(status));
	const char *why = reason(text, &length);
	if (length > 0)
		return bd_fail(err, EIO, "%s failed: %.*s", name, length < 300 ? length : 300, why);
	return bd_fail(err, EIO, "%s failed with status %d", name, WEXITSTATUS(status));
}

int bd_run(const struct bd_run *run, struct bd_error *err)
{
	BD_DISPOSE(bd_child_dispose) struct bd_child child = BD_CHILD_INIT;
	char spare[1024];
	struct tail tail = { .text = run->output ? run->output : spare,
			     .size = (run->output ? run->output_size : sizeof(spare)) - 1 };
	int status;

	*tail.text = '\0';
	if (start(run, &child, err) != 0 || finish(&child, &tail, &status, err) != 0)
		return -1;
	if (run->status_out && WIFEXITED(status)) {
		*run->status_out = WEXITSTATUS(status);
		return 0;
	}
	return judge(child.name, status, run->also_good, tail.text, err);
}

bool bd_child_at_end(const struct bd_child *child)
{
	char byte;

	return TEMP_FAILURE_RETRY(read(child->output_fd, &byte, 1)) == 0;
}

int bd_child_finish(struct bd_child *child, struct bd_error *err)
{
	int status;

	if (finish(child, NULL, &status, err) != 0)
		return -1;
	BD_FREE char *log = bd_child_log_tail(child, UINT_MAX);
	return judge(child->name, status, 0, log ? log : "", err);
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
	if (child->pid > 0 && child->has_no_cleanup) {
		kill(-child->pid, SIGKILL);
		TEMP_FAILURE_RETRY(waitpid(child->pid, NULL, 0));
	} else if (child->pid > 0) {
		BD_CLOSE int end_fd = open_end(child);
		double end_s = bd_clock_s() + PATIENCE_S;
		kill(-child->pid, SIGTERM);
		while (waitpid(child->pid, NULL, WNOHANG) == 0) {
			bool is_late = bd_clock_s() >= end_s;
			if (is_late)
				kill(-child->pid, SIGKILL);
			wait_until_ended(end_fd, -1, is_late ? -1 : bd_clock_ms_until(end_s));
		}
	}
	if (child->log_fd >= 0)
		close(child->log_fd);
	*child = (struct bd_child)BD_CHILD_INIT;
}

bool bd_program_folder(char folder_out[PATH_MAX])
{
	char program[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);

	if (length <= 0)
		return false;
	program[length] = '\0';
	bd_path_folder(program, folder_out);
	return true;
}
