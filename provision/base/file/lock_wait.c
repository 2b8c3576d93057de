/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A child takes the lock, and says so through a pipe. */
#include "base/file/lock_wait.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/process/cancel.h"

/* Nothing else of ours: neither what other locks there are, nor a pipe whose end somebody waits for. */
static void close_others(int one_fd, int other_fd)
{
	unsigned low = (unsigned)(one_fd < other_fd ? one_fd : other_fd);
	unsigned high = (unsigned)(one_fd < other_fd ? other_fd : one_fd);

	if (low > 0)
		close_range(0, low - 1, 0);
	if (high > low + 1)
		close_range(low + 1, high - 1, 0);
	close_range(high + 1, ~0u, 0);
}

static _Noreturn void become_waiter(int fd, int said_fd, pid_t parent, int (*take)(int fd, const void *context),
				    const void *context)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	int failure = 0;

	/* Ours to heed, as whoever has started the child. */
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		signal(signals[i], SIG_IGN);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(1);
	close_others(fd, said_fd);
	while (take(fd, context) != 0)
		if (errno != EINTR) {
			failure = errno;
			break;
		}
	_exit(write(said_fd, &failure, sizeof(failure)) == sizeof(failure) ? 0 : 1);
}

static int hear(int said_fd, double until_s, struct bd_error *err)
{
	struct pollfd fds[2] = { { .fd = said_fd, .events = POLLIN }, { .fd = bd_cancel_fd(), .events = POLLIN } };
	int failure;

	while (poll(fds, 2, until_s > 0 ? bd_clock_ms_until(until_s) : -1) < 0 || !fds[0].revents) {
		if (bd_cancel_check(err) != 0)
			return -1;
		if (until_s > 0 && bd_clock_s() >= until_s)
			return 1;
	}
	if (TEMP_FAILURE_RETRY(read(said_fd, &failure, sizeof(failure))) != sizeof(failure))
		return bd_fail(err, ECHILD, "cannot wait for a lock: the process that does it was killed");
	errno = failure;
	return failure == 0 ? 0 : bd_fail_errno(err, "cannot wait for a lock");
}

int bd_lock_wait_for(int fd, int (*take)(int fd, const void *context), const void *context, double until_s,
		     struct bd_error *err)
{
	pid_t parent = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return bd_fail_errno(err, "cannot wait for a lock");
	pid_t child = fork();
	if (child == 0)
		become_waiter(fd, ends[1], parent, take, context);
	close(ends[1]);
	BD_CLOSE int said_fd = ends[0];
	if (child < 0)
		return bd_fail_errno(err, "cannot wait for a lock");
	int r = hear(said_fd, until_s, err);
	kill(child, SIGKILL);
	TEMP_FAILURE_RETRY(waitpid(child, NULL, 0));
	return r;
}
