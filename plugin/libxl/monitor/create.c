/* SPDX-License-Identifier: GPL-2.0-or-later */
/* create() and attach() in the calling process: start the monitor, which makes the domain or takes it over, and listen to
 * it.
 *
 * The monitor is forked before any libxl context exists in either process, so that none has to be cleaned up in
 * the child. It is a grandchild, so that it is nobody's zombie.
 */
#include "libxl/monitor/create.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "libxl/hotplug.h"
#include "libxl/monitor/monitor.h"
#include "libxl/monitor/report.h"

/* The monitor's descriptors after the fork. */
#define REPORT_FD 3
#define CONTROL_FD 4

/* Nothing of the caller's must stay open or installed in a process that outlives it: a lock of its would stay
 * locked, a handler of its would run in the wrong process. */
static void leave_caller(int report_fd, int control_fd)
{
	for (int signal_number = 1; signal_number < NSIG; signal_number++)
		signal(signal_number, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);

	/* Out of the way of 3 and 4 first. */
	int report = fcntl(report_fd, F_DUPFD, 10);
	int control = fcntl(control_fd, F_DUPFD, 10);
	int null = open("/dev/null", O_RDWR);
	if (report < 0 || control < 0 || null < 0)
		_exit(1);
	for (int fd = 0; fd <= 2; fd++)
		dup2(null, fd);
	dup3(report, REPORT_FD, O_CLOEXEC);
	dup3(control, CONTROL_FD, O_CLOEXEC);
	close_range(CONTROL_FD + 1, ~0u, 0);
}

static int fork_monitor(const struct bd_monitor_order *order, int report_fd, int control_fd, struct bd_error *err)
{
	pid_t child = fork();
	if (child < 0)
		return bd_fail_errno(err, "cannot start the monitor process");
	if (child == 0) {
		setsid();
		pid_t monitor = fork();
		if (monitor != 0)
			_exit(monitor < 0 ? errno : 0);
		leave_caller(report_fd, control_fd);
		bd_monitor(order, REPORT_FD, CONTROL_FD);
	}
	int status = 0;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status))
		return bd_fail(err, WEXITSTATUS(status), "cannot start the monitor process: %s",
			       strerror(WEXITSTATUS(status)));
	return 0;
}

/* 1: a report; 0: the monitor has ended. */
static int read_report(int fd, struct bd_report *report_out, struct bd_error *err)
{
	for (;;) {
		ssize_t got = read(fd, report_out, sizeof(*report_out));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return bd_fail_errno(err, "cannot read from the monitor process");
		if (got == 0)
			return 0;
		if (got != sizeof(*report_out))
			return bd_fail(err, EIO, "the monitor process sent a malformed answer");
		report_out->text[sizeof(report_out->text) - 1] = '\0';
		return 1;
	}
}

/* Waits for the next report; when the user wants to stop, hangs up on the monitor, once. */
static int next_report(const struct bd_toolstack_host *host, int report_fd, int *control_fd,
		       struct bd_report *report_out, struct bd_error *err)
{
	for (;;) {
		struct pollfd fds[2] = {
			{ .fd = report_fd, .events = POLLIN },
			{ .fd = *control_fd >= 0 ? host->cancel_fd : -1, .events = POLLIN },
		};
		if (poll(fds, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			return bd_fail_errno(err, "cannot read from the monitor process");
		}
		if (fds[1].revents)
			close(bd_take_fd(control_fd));
		if (fds[0].revents)
			return read_report(report_fd, report_out, err);
	}
}

/* Until the domain is there, or the monitor has failed and is gone. */
static int listen_to(const struct bd_toolstack_host *host, int report_fd, int *control_fd, uint32_t *domid_out,
		     struct bd_error *err)
{
	struct bd_report report;
	bool failed = false;
	int r;
	while ((r = next_report(host, report_fd, control_fd, &report, err)) > 0) {
		if (report.kind == BD_REPORT_LOG) {
			host->log(host->context, (enum bd_toolstack_log_level)report.code, report.text);
		} else if (report.kind == BD_REPORT_FAILED) {
			failed = true;
			const struct bd_error cause = { .code = report.code, .kind = report.error_kind };
			bd_fail_as(err, &cause, "%s", report.text);
		} else if (*control_fd >= 0 && send(*control_fd, "", 1, MSG_NOSIGNAL) == 1) {
			*domid_out = report.domid;
			return 0;
		}
	}
	if (r == 0 && !failed)
		bd_fail(err, EIO, "the monitor process ended without an answer");
	return -1;
}

static int start_monitor(const struct bd_toolstack_host *host, const struct bd_monitor_order *order,
			 uint32_t *domid_out, struct bd_error *err)
{
	int report[2], control[2];
	if (pipe2(report, O_CLOEXEC))
		return bd_fail_errno(err, "cannot make a pipe");
	BD_CLOSE int report_read = report[0];
	BD_CLOSE int report_write = report[1];
	/* Not a pipe: a write to a monitor that has died must not raise SIGPIPE here. */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control))
		return bd_fail_errno(err, "cannot make a socket");
	BD_CLOSE int control_theirs = control[0];
	BD_CLOSE int control_ours = control[1];

	if (fork_monitor(order, report_write, control_theirs, err))
		return -1;
	/* These are the monitor's now: without ours, its end is seen as the end of the pipe. */
	close(bd_take_fd(&report_write));
	close(bd_take_fd(&control_theirs));
	return listen_to(host, report_read, &control_ours, domid_out, err);
}

int bd_create(const struct bd_toolstack_host *host, const struct bd_toolstack_create *request, uint32_t *domid_out,
	      struct bd_error *err)
{
	const struct bd_monitor_order order = { .create = request,
						.cfg_path = request->cfg_path,
						.log_dir = host->log_dir,
						.xens_hotplug = bd_hotplug_wants_xens(host) };

	return start_monitor(host, &order, domid_out, err);
}

int bd_attach(const struct bd_toolstack_host *host, uint32_t domid, const char *cfg_path, struct bd_error *err)
{
	const struct bd_monitor_order order = { .domid = domid,
						.cfg_path = cfg_path,
						.log_dir = host->log_dir,
						.xens_hotplug = bd_hotplug_wants_xens(host) };

	return start_monitor(host, &order, &domid, err);
}
