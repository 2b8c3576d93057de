/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The special watches of xenstore for domains. */
#include "libxl/domain_watch.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "base/clock.h"

/* That xenstored has gone does not wake who waits for its library's descriptor: the library must be asked. */
#define LONGEST_MS 5000

int bd_domain_watch_open(struct bd_domain_watch *watch_out, struct bd_error *err)
{
	struct bd_domain_watch watch = { .xs = xs_open(0) };

	if (!watch.xs)
		return bd_fail_errno(err, "cannot communicate with xenstored");
	if (!xs_watch(watch.xs, "@introduceDomain", "domain") || !xs_watch(watch.xs, "@releaseDomain", "domain")) {
		bd_fail_errno(err, "cannot watch xenstore");
		bd_domain_watch_close(&watch);
		return -1;
	}
	*watch_out = watch;
	return 0;
}

void bd_domain_watch_close(struct bd_domain_watch *watch)
{
	if (watch->xs)
		xs_close(watch->xs);
	watch->xs = NULL;
}

int bd_domain_watch_sleep(const struct bd_domain_watch *watch, int stop_fd, double until_s, struct bd_error *err)
{
	struct pollfd fds[2] = {
		{ .fd = xs_fileno(watch->xs), .events = POLLIN },
		{ .fd = stop_fd, .events = POLLIN },
	};
	int limit_ms = bd_clock_ms_until(until_s);

	if (poll(fds, 2, limit_ms < LONGEST_MS ? limit_ms : LONGEST_MS) < 0 && errno != EINTR)
		return bd_fail_errno(err, "cannot wait for xenstore");
	if (fds[1].revents)
		return bd_canceled(err, "stopped");
	char **fired;
	while ((fired = xs_check_watch(watch->xs)))
		free(fired);
	return errno != EINVAL ? 0 : bd_fail(err, EIO, "xenstored closed the connection");
}
