/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting for a running domain to change its state. */
#ifndef BD_LIBXL_MONITOR_WATCH_H
#define BD_LIBXL_MONITOR_WATCH_H

#include <libxl.h>

#include "libxl/monitor/state.h"

enum bd_watch_result {
	BD_WATCH_SHUT_DOWN, /* for the reason */
	BD_WATCH_GONE, /* it was destroyed */
	BD_WATCH_FAILED, /* it cannot be watched any longer, and runs without a monitor from now on */
};
enum bd_watch_result bd_monitor_watch(struct bd_monitor *monitor, libxl_shutdown_reason *reason_out);

#endif
