/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The NUMA nodes that a guest sees. */
#ifndef BD_LIBXL_CONFIG_VNUMA_H
#define BD_LIBXL_CONFIG_VNUMA_H

#include "libxl/config/reader.h"

/* Reads vnuma, and sets from it max_vcpus and max_memkb, which must agree where they are set. */
int bd_read_vnuma(struct bd_reader *reader, struct bd_error *err);

#endif
