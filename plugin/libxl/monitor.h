/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The monitor process: makes a domain, then does what the config says when the guest shuts down. */
#ifndef BD_LIBXL_MONITOR_H
#define BD_LIBXL_MONITOR_H

#include <stdbool.h>
#include <time.h>

#include <libxl.h>

#include "build.h"
#include "xen.h"
#include "xlconf.h"

struct bd_monitor {
	struct bd_xen xen;
	struct bd_xlconf xlconf;
	char *cfg_path; /* absolute */
	libxl_domain_config config; /* what the running domain was made from */
	uint32_t domid; /* BD_XEN_NO_DOMID: there is none */
	time_t born; /* CLOCK_MONOTONIC: when the domain was started */
	unsigned quick_deaths; /* restarts in a row of a guest that lived only for moments */
	int report_fd; /* -1: nobody listens any more */
};

/* Reads the config file into monitor->config, which is made empty first. */
int bd_monitor_read_config(struct bd_monitor *monitor, libxl_domain_config *config_out, struct bd_error *err);

/* monitor.c: to the log, and to who listens. bd_build's tell; context is the monitor. */
void bd_monitor_tell(void *context, enum bd_toolstack_log_level level, const char *line);

time_t bd_monitor_now_s(void); /* CLOCK_MONOTONIC */

/* watch.c: waits until the domain has shut down (true, with the reason) or is gone (false). */
bool bd_monitor_watch(struct bd_monitor *monitor, libxl_shutdown_reason *reason_out);

/* restart.c: applies on_poweroff and the like to a domain that has shut down. true: a new one runs. */
bool bd_monitor_after_shutdown(struct bd_monitor *monitor, libxl_shutdown_reason reason);

#endif
