/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting for a guest to be up, or gone. */
#ifndef BD_LIBXL_WAIT_H
#define BD_LIBXL_WAIT_H

#include <stdint.h>

#include "libxl/plugin.h"

int bd_wait(struct bd_toolstack *toolstack, const uint8_t uuid[16], enum bd_toolstack_wait_for what,
	    unsigned timeout_ms, enum bd_toolstack_wait_result *result_out, struct bd_error *err);

#endif
