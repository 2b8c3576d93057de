/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inotify's IN_CLOSE_WRITE. */
#include "base/file/closing.h"

#include <poll.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/process/cancel.h"

int bd_closing_watch(int fd)
{
	BD_CLOSE int watch_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char path[32];

	/* By its descriptor: the name may be another file's by now. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return watch_fd >= 0 && inotify_add_watch(watch_fd, path, IN_CLOSE_WRITE) >= 0 ? bd_take_fd(&watch_fd) : -1;
}

int bd_closing_wait(int watch_fd, double until_s, struct bd_error *err)
{
	struct pollfd fds[2] = { { .fd = watch_fd, .events = POLLIN }, { .fd = bd_cancel_fd(), .events = POLLIN } };
	char events[4096];

	poll(fds, 2, bd_clock_ms_until(until_s));
	while (watch_fd >= 0 && read(watch_fd, events, sizeof(events)) > 0)
		;
	return bd_cancel_check(err);
}
