/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The actions that a config defines for the shutdown of its guest: on_poweroff, on_reboot, on_crash and the like. */
#ifndef BD_LIBXL_MONITOR_RESTART_H
#define BD_LIBXL_MONITOR_RESTART_H

#include <libxl.h>
#include <stdbool.h>

#include "libxl/monitor/state.h"

/* Applies on_poweroff and the like to a domain that has shut down. true: a new one runs. After false
 * monitor->domid is what is left of it, or BD_XEN_NO_DOMID. */
bool bd_monitor_after_shutdown(struct bd_monitor *monitor, libxl_shutdown_reason reason);

#endif
