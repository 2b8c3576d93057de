/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fork, exec, feed, collect, wait. */
#include "base/process/run.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/process/cancel.h"

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

void bd_run_tell(const char *const *argv)
{
	char line[1024] = "";

	for (size_t used = 0; *argv && used < sizeof(line); argv++)
		used += (size_t)snprintf(line + used, sizeof(line) - used, " %s", *argv);
	bd_debug("running%s", line);
}

/* Only async-signal-safe calls from here to the exec. */
static _Noreturn void become_child(const struct bd_run *run, const char *program, int stdin_fd, int output_fd)
{
	dup2(stdin_fd, STDIN_FILENO);
	dup2(output_fd, STDOUT_FILENO);
	dup2(output_fd, STDERR_FILENO);
	bd_cancel_restore_ignored();
	signal(SIGINT, SIG_IGN); /* we decide when it is stopped */
	if (run->directory && chdir(run->directory) != 0)
		_exit(126);
	execv(program, (char *const *)run->argv);
	_exit(127);
}

struct pump {
	int feed_fd, collect_fd;
	const char *feed;
	char *output;
	size_t used, size;
};

static void pump_feed(struct pump *pump)
{
	ssize_t n = pump->feed && *pump->feed ? write(pump->feed_fd, pump->feed, strlen(pump->feed)) : 0;
	if (n > 0)
		pump->feed += n;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0 || !pump->feed || !*pump->feed) {
		close(pump->feed_fd);
		pump->feed_fd = -1;
	}
}

/* Keeps the end of the output, which is where programs say what went wrong. */
static void pump_collect(struct pump *pump)
{
	char chunk[4096];
	ssize_t n = read(pump->collect_fd, chunk, sizeof(chunk));
	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) {
		close(pump->collect_fd);
		pump->collect_fd = -1;
		return;
	}
	size_t length = (size_t)n;
	if (length > pump->size)
		length = pump->size;
	if (pump->used + length > pump->size) {
		size_t drop = pump->used + length - pump->size;
		memmove(pump->output, pump->output + drop, pump->used - drop);
		pump->used -= drop;
	}
	memcpy(pump->output + pump->used, chunk + (size_t)n - length, length);
	pump->used += length;
}

static void pump_until_end(struct pump *pump, pid_t child)
{
	bool told_to_stop = false;

	while (pump->collect_fd >= 0) {
		struct pollfd fds[3] = {
			{ .fd = pump->collect_fd, .events = POLLIN },
			{ .fd = pump->feed_fd, .events = POLLOUT },
			{ .fd = told_to_stop ? -1 : bd_cancel_fd(), .events = POLLIN },
		};
		if (poll(fds, 3, -1) < 0 && errno != EINTR)
			break;
		if (fds[2].revents) {
			kill(child, SIGTERM);
			told_to_stop = true;
		}
		if (fds[1].revents)
			pump_feed(pump);
		if (fds[0].revents)
			pump_collect(pump);
	}
	if (pump->feed_fd >= 0)
		close(pump->feed_fd);
	if (pump->collect_fd >= 0)
		close(pump->collect_fd);
}

static const char *last_line(char *text)
{
	size_t length = strlen(text);
	while (length && (text[length - 1] == '\n' || text[length - 1] == ' '))
		text[--length] = '\0';
	const char *newline = strrchr(text, '\n');
	return newline ? newline + 1 : text;
}

static int judge(const struct bd_run *run, int status, char *output, struct bd_error *err)
{
	const char *name = run->argv[0];

	if (bd_cancel_check(err) != 0)
		return -1;
	if (WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == run->also_good))
		return 0;
	if (WIFSIGNALED(status))
		return bd_fail(err, EIO, "%s was killed by signal %d", name, WTERMSIG(status));
	if (*output)
		return bd_fail(err, EIO, "%s failed: %s", name, last_line(output));
	return bd_fail(err, EIO, "%s failed with status %d", name, WEXITSTATUS(status));
}

int bd_run(const struct bd_run *run, struct bd_error *err)
{
	const char *name = run->argv[0];
	char program[PATH_MAX];
	if (strchr(name, '/') && access(name, X_OK) != 0)
		return bd_fail_errno(err, "cannot run %s", name);
	if (strchr(name, '/'))
		snprintf(program, sizeof(program), "%s", name);
	else if (bd_find_program(name, program, sizeof(program), err) != 0)
		return -1;

	bd_run_tell(run->argv);
	int feed[2], collect[2];
	if (pipe2(feed, O_CLOEXEC) != 0)
		return bd_fail_errno(err, "cannot make a pipe");
	if (pipe2(collect, O_CLOEXEC) != 0) {
		bd_fail_errno(err, "cannot make a pipe");
		close(feed[0]);
		close(feed[1]);
		return -1;
	}

	fflush(NULL);
	void (*pipe_before)(int) = signal(SIGPIPE, SIG_IGN);
	pid_t child = fork();
	if (child == 0)
		become_child(run, program, feed[0], collect[1]);
	close(feed[0]);
	close(collect[1]);
	if (child < 0) {
		bd_fail_errno(err, "cannot run %s", name);
		close(feed[1]);
		close(collect[0]);
		signal(SIGPIPE, pipe_before);
		return -1;
	}

	char spare[1024];
	char *output = run->output ? run->output : spare;
	size_t output_size = run->output ? run->output_size : sizeof(spare);
	fcntl(feed[1], F_SETFL, O_NONBLOCK);
	struct pump pump = { .feed_fd = feed[1],
			     .collect_fd = collect[0],
			     .feed = run->stdin_text,
			     .output = output,
			     .size = output_size - 1 };
	pump_until_end(&pump, child);
	output[pump.used] = '\0';

	int status;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	signal(SIGPIPE, pipe_before);
	return judge(run, status, output, err);
}
