/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stops a build between its steps. */
#include "libxl/build_job.h"

#include <poll.h>

int bd_build_pause(const struct bd_build *build, int timeout_ms, struct bd_error *err)
{
	struct pollfd stop = { .fd = build->stop_fd, .events = POLLIN };
	int r = poll(&stop, 1, timeout_ms);
	if (r > 0)
		return bd_canceled(err, "stopped");
	return 0;
}
