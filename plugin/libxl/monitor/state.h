/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of the monitor process, shared by its files: the config, the log, the lock. */
#ifndef BD_LIBXL_MONITOR_STATE_H
#define BD_LIBXL_MONITOR_STATE_H

#include <libxl.h>
#include <stdbool.h>

#include "libxl/config/bootloader.h"
#include "libxl/config/xlconf.h"
#include "libxl/monitor/report.h"
#include "libxl/xen.h"
#include "toolstack/toolstack.h"

struct bd_monitor {
	struct bd_xen xen;
	struct bd_xlconf xlconf;
	char *cfg_path; /* absolute */
	libxl_domain_config config; /* what the running domain was made from */
	struct bd_bootloader_user bootloader_user; /* what the config file said when it was read last */
	uint32_t domid; /* BD_XEN_NO_DOMID: there is none */
	double started_s; /* of bd_clock_s: when the domain was started */
	unsigned quick_deaths; /* restarts in a row of a guest that lived only for moments */
	bool xens_hotplug; /* of struct bd_build */
	int report_fd; /* -1: nobody listens any more */
	int lock_fd; /* held while there is a domain to look after (presence.h); -1: not */
};

/* Reads the config file into config_out, which is made empty first, and into bootloader_user. */
int bd_monitor_read_config(struct bd_monitor *monitor, libxl_domain_config *config_out, struct bd_error *err);

/* To the log, and to who listens. bd_build's tell; context is the monitor. */
void bd_monitor_tell(void *context, enum bd_toolstack_log_level level, const char *line);

/* A stage of the creation begins. bd_build's stage; context is the monitor. */
void bd_monitor_stage(void *context, enum bd_toolstack_stage stage);

/* From now on this process is known to look after the domain. Failures are logged: the guest runs all the same. */
void bd_monitor_begin(struct bd_monitor *monitor);
/* And from now on it does not. */
void bd_monitor_end(struct bd_monitor *monitor);

/* Tells the journal what has happened to the guest, and counts it in the guest's record where counter is one (else -1).
 * priority: of syslog(3). */
void bd_monitor_note(const struct bd_monitor *monitor, const char *kind, int counter, int priority, const char *format,
		     ...) __attribute__((format(printf, 5, 6)));

/* To who listens; nobody may. */
void bd_monitor_report(struct bd_monitor *monitor, const struct bd_report *report);

#endif
