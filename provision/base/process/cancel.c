/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turns a signal into a readable pipe and a flag. */
#include "base/process/cancel.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* A signal handler has no argument of ours to reach state through, so this state is the file's. */
static int cancel_pipe[2] = { -1, -1 };
static volatile sig_atomic_t signal_seen;

static void on_signal(int signal_number)
{
	int saved_errno = errno;

	if (!signal_seen) {
		signal_seen = signal_number;
		ssize_t ignored = write(cancel_pipe[1], "", 1);
		(void)ignored;
	}
	errno = saved_errno;
}

/* A reader that went away, a limit on file sizes, and somebody who opens a file on which we hold a lease: the first two are
 * errors of the write, and none is to be an end between two steps. */
static void set_ignored(void (*handler)(int))
{
	signal(SIGPIPE, handler);
	signal(SIGXFSZ, handler);
	signal(SIGIO, handler);
}

int bd_cancel_init(struct bd_error *err)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

	if (pipe2(cancel_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
		return bd_fail_errno(err, "cannot make a pipe");

	struct sigaction action = { .sa_handler = on_signal };
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		struct sigaction before;
		if (sigaction(signals[i], NULL, &before) != 0)
			return bd_fail_errno(err, "cannot catch signals");
		/* nohup and background jobs ignore some of them, and shall go on doing so. */
		if (before.sa_handler != SIG_IGN && sigaction(signals[i], &action, NULL) != 0)
			return bd_fail_errno(err, "cannot catch signals");
	}
	set_ignored(SIG_IGN);
	return 0;
}

void bd_cancel_restore_ignored(void)
{
	set_ignored(SIG_DFL);
}

int bd_cancel_after_fork(struct bd_error *err)
{
	close(cancel_pipe[0]);
	close(cancel_pipe[1]);
	if (pipe2(cancel_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
		return bd_fail_errno(err, "cannot make a pipe");
	if (signal_seen) {
		ssize_t ignored = write(cancel_pipe[1], "", 1);
		(void)ignored;
	}
	return 0;
}

int bd_cancel_fd(void)
{
	return cancel_pipe[0];
}

int bd_cancel_signal(void)
{
	return signal_seen;
}

bool bd_cancel_caused(const struct bd_error *err)
{
	return signal_seen && err->kind == BD_KIND_CANCELED;
}

int bd_cancel_check(struct bd_error *err)
{
	if (!signal_seen)
		return 0;
	return bd_canceled(err, "stopped by %s", signal_seen == SIGINT ? "Ctrl-C" : strsignal(signal_seen));
}
