/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the config reader is given in addition to the file. */
#ifndef BD_LIBXL_CONFIG_ENV_H
#define BD_LIBXL_CONFIG_ENV_H

#include <libxl.h>

#include "libxl/config/bootloader.h"
#include "libxl/config/xlconf.h"

struct bd_config_env {
	const struct bd_xlconf *xlconf;
	libxl_ctx *ctx; /* NULL: no hypervisor to ask for its CPUs */
	void (*warn)(void *context, const char *line); /* what is odd but taken */
	void *context;
	struct bd_bootloader_user *bootloader_user; /* filled from the config; empty before. NULL: not asked for */
};

#endif
