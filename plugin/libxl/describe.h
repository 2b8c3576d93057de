/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints what libxl would get from a config, as JSON. */
#ifndef BD_LIBXL_DESCRIBE_H
#define BD_LIBXL_DESCRIBE_H

#include "libxl/plugin.h"

int bd_describe(const struct bd_toolstack_host *host, const char *cfg_path, bd_emit_fn *emit, void *context,
		struct bd_error *err);

#endif
