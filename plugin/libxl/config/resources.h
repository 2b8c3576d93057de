/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of the host a guest may touch, and what of the CPU it sees. */
#ifndef BD_LIBXL_CONFIG_RESOURCES_H
#define BD_LIBXL_CONFIG_RESOURCES_H

#include "libxl/config/reader.h"

int bd_read_resources(struct bd_reader *reader, struct bd_error *err); /* ioports irqs iomem llc_colors */
int bd_read_cpuid(struct bd_reader *reader, struct bd_error *err); /* cpuid */

#endif
