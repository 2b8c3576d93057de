/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The input of a domain's build, shared by all of its steps. */
#ifndef BD_LIBXL_BUILD_JOB_H
#define BD_LIBXL_BUILD_JOB_H

#include <stdbool.h>

#include "base/err.h"
#include "libxl/config/bootloader.h"
#include "libxl/config/xlconf.h"
#include "libxl/xen.h"
#include "toolstack/toolstack.h"

struct bd_build {
	const struct bd_xen *xen;
	const struct bd_xlconf *xlconf;
	const struct bd_bootloader_user *bootloader_user;
	int stop_fd; /* readable or hung up: stop; -1: never */
	bool start_paused;
	bool xens_hotplug; /* Xen's own hotplug scripts are wanted */
	/* What takes long, or what the user may want to know; not for errors. */
	void (*tell)(void *context, enum bd_toolstack_log_level level, const char *line);
	/* What takes the time; NULL: nobody wants to know. */
	void (*stage)(void *context, enum bd_toolstack_stage stage);
	void *context;
	/* Where the boot loader's menu is shown (bootloader/run.h); -1: nowhere. */
	int screen_fd;
	unsigned short screen_rows, screen_columns;
};

/* A stage begins. */
void bd_build_stage(const struct bd_build *build, enum bd_toolstack_stage stage);

/* Waits up to timeout_ms (-1: for ever) for the wish to stop; 0, or -1 with BD_ECANCELED. */
int bd_build_pause(const struct bd_build *build, int timeout_ms, struct bd_error *err);

#endif
