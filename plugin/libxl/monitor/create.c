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
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "libxl/hotplug.h"
#include "libxl/monitor/monitor.h"
#include "libxl/monitor/report.h"
#include "libxl/monitor/screen.h"
#include "libxl/plugin.h"

/* The monitor's descriptors after the fork. The last is there for a boot loader's menu only. */
#define REPORT_FD 3
#define CONTROL_FD 4
#define SCREEN_FD 5

/* A conversation with a monitor; the descriptors on both sides, -1 where it has been closed or there is none. */
struct conversation {
	const struct bd_toolstack_host *host;
	int report_fd, control_fd;
	int their_report_fd, their_control_fd, their_screen_fd;
	struct bd_screen screen;
};

static void close_theirs(struct conversation *conversation)
{
	int *fds[] = { &conversation->their_report_fd, &conversation->their_control_fd,
		       &conversation->their_screen_fd };

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (*fds[i] >= 0)
			close(bd_take_fd(fds[i]));
}

static void conversation_dispose(struct conversation *conversation)
{
	close_theirs(conversation);
	bd_screen_close(&conversation->screen);
	if (conversation->report_fd >= 0)
		close(conversation->report_fd);
	if (conversation->control_fd >= 0)
		close(conversation->control_fd);
}

/* Nothing of the caller's must stay open or installed in a process that outlives it: a lock of its would stay
 * locked, a handler of its would run in the wrong process. */
static void leave_caller(const struct conversation *conversation)
{
	for (int signal_number = 1; signal_number < NSIG; signal_number++)
		signal(signal_number, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);

	/* Out of the way of 3, 4 and 5 first. */
	int report = fcntl(conversation->their_report_fd, F_DUPFD, 10);
	int control = fcntl(conversation->their_control_fd, F_DUPFD, 10);
	int screen = conversation->their_screen_fd < 0 ? -1 : fcntl(conversation->their_screen_fd, F_DUPFD, 10);
	int null = open("/dev/null", O_RDWR);
	if (report < 0 || control < 0 || null < 0)
		_exit(1);
	for (int fd = 0; fd <= 2; fd++)
		dup2(null, fd);
	dup3(report, REPORT_FD, O_CLOEXEC);
	dup3(control, CONTROL_FD, O_CLOEXEC);
	if (screen >= 0)
		dup3(screen, SCREEN_FD, O_CLOEXEC);
	close_range(screen >= 0 ? SCREEN_FD + 1 : CONTROL_FD + 1, ~0u, 0);
}

static int fork_monitor(const struct bd_monitor_order *order, const struct conversation *conversation,
			struct bd_error *err)
{
	pid_t child = fork();
	if (child < 0)
		return bd_fail_errno(err, "cannot start the monitor process");
	if (child == 0) {
		setsid();
		pid_t monitor = fork();
		if (monitor != 0)
			_exit(monitor < 0 ? errno : 0);
		leave_caller(conversation);
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
static int next_report(struct conversation *conversation, struct bd_report *report_out, struct bd_error *err)
{
	for (;;) {
		struct pollfd fds[2 + BD_SCREEN_FDS] = {
			{ .fd = conversation->report_fd, .events = POLLIN },
			{ .fd = conversation->control_fd >= 0 ? conversation->host->cancel_fd : -1,
			  .events = POLLIN },
		};
		bd_screen_poll(&conversation->screen, fds + 2);
		if (poll(fds, 2 + BD_SCREEN_FDS, -1) < 0) {
			if (errno == EINTR)
				continue;
			return bd_fail_errno(err, "cannot read from the monitor process");
		}
		if (fds[1].revents)
			close(bd_take_fd(&conversation->control_fd));
		bd_screen_work(&conversation->screen, fds + 2);
		if (fds[0].revents)
			return read_report(conversation->report_fd, report_out, err);
	}
}

/* What is said after the menu is not said in raw mode. */
static void begin_stage(struct conversation *conversation, int stage)
{
	const struct bd_toolstack_host *host = conversation->host;

	if (stage > BD_TOOLSTACK_STAGE_BOOTLOADER) {
		bd_screen_drain(&conversation->screen);
		bd_screen_close(&conversation->screen);
	}
	if (BD_HAS(host, stage) && host->stage)
		host->stage(host->context, (enum bd_toolstack_stage)stage);
}

/* Until the domain is there, or the monitor has failed and is gone. */
static int listen_to(struct conversation *conversation, uint32_t *domid_out, struct bd_error *err)
{
	const struct bd_toolstack_host *host = conversation->host;
	struct bd_report report;
	bool failed = false;
	int r;
	while ((r = next_report(conversation, &report, err)) > 0) {
		if (report.kind == BD_REPORT_LOG) {
			host->log(host->context, (enum bd_toolstack_log_level)report.code, report.text);
		} else if (report.kind == BD_REPORT_STAGE) {
			begin_stage(conversation, report.code);
		} else if (report.kind == BD_REPORT_FAILED) {
			failed = true;
			const struct bd_error cause = { .code = report.code, .kind = report.error_kind };
			bd_fail_as(err, &cause, "%s", report.text);
		} else if (conversation->control_fd >= 0 &&
			   send(conversation->control_fd, "", 1, MSG_NOSIGNAL) == 1) {
			*domid_out = report.domid;
			return 0;
		}
	}
	if (r == 0 && !failed)
		bd_fail(err, EIO, "the monitor process ended without an answer");
	return -1;
}

static int open_lines(struct conversation *conversation, struct bd_error *err)
{
	int report[2], control[2];

	if (pipe2(report, O_CLOEXEC))
		return bd_fail_errno(err, "cannot make a pipe");
	conversation->report_fd = report[0];
	conversation->their_report_fd = report[1];
	/* Not a pipe: a write to a monitor that has died must not raise SIGPIPE here. */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control))
		return bd_fail_errno(err, "cannot make a socket");
	conversation->their_control_fd = control[0];
	conversation->control_fd = control[1];
	return 0;
}

static int open_screen(struct conversation *conversation, struct bd_monitor_order *order, struct bd_error *err)
{
	struct winsize size = { 0 };

	if (bd_screen_open(&conversation->screen, &conversation->their_screen_fd, err))
		return -1;
	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	order->screen_fd = SCREEN_FD;
	order->screen_rows = size.ws_row;
	order->screen_columns = size.ws_col;
	return 0;
}

static int start_monitor(const struct bd_toolstack_host *host, struct bd_monitor_order *order, bool shows_boot_loader,
			 uint32_t *domid_out, struct bd_error *err)
{
	BD_DISPOSE(conversation_dispose)
	struct conversation conversation = { .host = host,
					     .report_fd = -1,
					     .control_fd = -1,
					     .their_report_fd = -1,
					     .their_control_fd = -1,
					     .their_screen_fd = -1,
					     .screen = BD_SCREEN_INIT };

	order->screen_fd = -1;
	if (open_lines(&conversation, err) || (shows_boot_loader && open_screen(&conversation, order, err)) ||
	    fork_monitor(order, &conversation, err))
		return -1;
	/* They are the monitor's now: without ours, its end is seen as the end of the pipe. */
	close_theirs(&conversation);
	return listen_to(&conversation, domid_out, err);
}

int bd_create(const struct bd_toolstack_host *host, const struct bd_toolstack_create *request, uint32_t *domid_out,
	      struct bd_error *err)
{
	struct bd_monitor_order order = { .create = request,
					  .cfg_path = request->cfg_path,
					  .log_dir = host->log_dir,
					  .xens_hotplug = bd_hotplug_wants_xens(host) };
	bool shows = BD_HAS(request, shows_boot_loader) && request->shows_boot_loader;

	return start_monitor(host, &order, shows, domid_out, err);
}

int bd_attach(const struct bd_toolstack_host *host, uint32_t domid, const char *cfg_path, struct bd_error *err)
{
	struct bd_monitor_order order = { .domid = domid,
					  .cfg_path = cfg_path,
					  .log_dir = host->log_dir,
					  .xens_hotplug = bd_hotplug_wants_xens(host) };

	return start_monitor(host, &order, false, &domid, err);
}
