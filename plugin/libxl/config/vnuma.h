/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The NUMA nodes that a guest sees. */
#ifndef BD_LIBXL_CONFIG_VNUMA_H
#define BD_LIBXL_CONFIG_VNUMA_H

#include "libxl/config/reader.h"

/* Xen's own limit for PV guests, the highest of all types. */
#define BD_VCPU_LIMIT 8192

/* Reads vnuma, and sets from it max_vcpus and max_memkb, which must agree where they are set. */
int bd_read_vnuma(struct bd_reader *reader, struct bd_error *err);

#endif
