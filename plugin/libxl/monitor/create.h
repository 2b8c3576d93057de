/* SPDX-License-Identifier: GPL-2.0-or-later */
/* create() and attach() of the toolstack's ABI. */
#ifndef BD_LIBXL_MONITOR_CREATE_H
#define BD_LIBXL_MONITOR_CREATE_H

#include <stdint.h>

#include "libxl/plugin.h"

int bd_create(const struct bd_toolstack_host *host, const struct bd_toolstack_create *request, uint32_t *domid_out,
	      struct bd_error *err);
int bd_attach(const struct bd_toolstack_host *host, uint32_t domid, const char *cfg_path, struct bd_error *err);

#endif
