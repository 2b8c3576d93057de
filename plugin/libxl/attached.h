/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices that a domain currently has. */
#ifndef BD_LIBXL_ATTACHED_H
#define BD_LIBXL_ATTACHED_H

#include <stdint.h>

#include "libxl/plugin.h"

int bd_devices(struct bd_toolstack *toolstack, uint32_t domid,
	       int (*each)(void *context, const struct bd_toolstack_device *device), void *context,
	       struct bd_error *err);

#endif
