/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the hypervisor reports about this host, and what a guest reports about itself. */
#ifndef BD_LIBXL_MACHINE_H
#define BD_LIBXL_MACHINE_H

#include <stddef.h>
#include <stdint.h>

#include "libxl/plugin.h"

int bd_machine(struct bd_toolstack *toolstack, struct bd_toolstack_machine *machine_out, struct bd_error *err);
int bd_guest_data(struct bd_toolstack *toolstack, uint32_t domid, const char *key, char *text_out, size_t text_size,
		  struct bd_error *err);

#endif
