/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stops a build between its steps, and tells of them. */
#include "libxl/build_job.h"

#include <poll.h>

void bd_build_stage(const struct bd_build *build, enum bd_toolstack_stage stage)
{
	if (build->stage)
		build->stage(build->context, stage);
}

int bd_build_pause(const struct bd_build *build, int timeout_ms, struct bd_error *err)
{
	struct pollfd stop = { .fd = build->stop_fd, .events = POLLIN };
	int r = poll(&stop, 1, timeout_ms);
	if (r > 0)
		return bd_canceled(err, "stopped");
	return 0;
}
