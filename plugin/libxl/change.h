/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waits until the domains of a guest are other ones, or have other states. */
#ifndef BD_LIBXL_CHANGE_H
#define BD_LIBXL_CHANGE_H

#include <stdint.h>

#include "libxl/plugin.h"

int bd_wait_change(struct bd_toolstack *toolstack, const uint8_t uuid[16], uint64_t *seen, unsigned timeout_ms,
		   struct bd_error *err);

#endif
