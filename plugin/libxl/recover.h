/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recreates the config of a domain whose config file is gone. */
#ifndef BD_LIBXL_RECOVER_H
#define BD_LIBXL_RECOVER_H

#include <stdint.h>

#include "libxl/plugin.h"

int bd_recover(struct bd_toolstack *toolstack, uint32_t domid, bd_emit_fn *emit, void *context, struct bd_error *err);

#endif
