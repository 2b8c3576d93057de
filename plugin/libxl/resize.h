/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory and virtual CPUs of a running domain. */
#ifndef BD_LIBXL_RESIZE_H
#define BD_LIBXL_RESIZE_H

#include <stdint.h>

#include "libxl/plugin.h"

int bd_set_memory(struct bd_toolstack *toolstack, uint32_t domid, uint64_t memory_kib, uint64_t *before_kib_out,
		  struct bd_error *err);
int bd_set_vcpus(struct bd_toolstack *toolstack, uint32_t domid, uint32_t vcpus, uint32_t *before_out,
		 struct bd_error *err);

#endif
