/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The monitor process: it creates a domain, then does what the config says when the guest shuts down. */
#ifndef BD_LIBXL_MONITOR_MONITOR_H
#define BD_LIBXL_MONITOR_MONITOR_H

#include <stdbool.h>
#include <stdint.h>

#include "toolstack/toolstack.h"

/* What a monitor is started for: to make a domain, or to look after one that is there. */
struct bd_monitor_order {
	const struct bd_toolstack_create *create; /* NULL: to look after domid */
	uint32_t domid;
	const char *cfg_path;
	const char *log_dir;
	bool xens_hotplug; /* of struct bd_build, for every life of the domain */
	/* Where the boot loader's menu is shown (bootloader/run.h): -1: nowhere. */
	int screen_fd;
	unsigned short screen_rows, screen_columns;
};

/* The monitor's end of the conversation. Does not return.
 * report_fd: reports go there. control_fd: hung up means stop; after BD_REPORT_DONE one byte means "got it", and
 * only then does a domain that was made stay. They, and screen_fd of order, are to be this
 * process's only descriptors but the standard ones. */
_Noreturn void bd_monitor(const struct bd_monitor_order *order, int report_fd, int control_fd);

#endif
