/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The physical CPUs on which a virtual CPU may run. */
#ifndef BD_LIBXL_CONFIG_CPUS_H
#define BD_LIBXL_CONFIG_CPUS_H

#include <libxl.h>
#include <libxl_utils.h>

#include "base/err.h"

/* As libxl_bitmap_alloc, without a context; the map is empty. */
int bd_bitmap_alloc(libxl_bitmap *map_out, int bits, struct bd_error *err);

/* Reads what xl.cfg(5) calls a cpu list: "all", "2", "0-3", "^1", "node:0", "nodes:0-1,^node:1", separated by
 * commas. ctx NULL: no hypervisor can be asked, so that the map has this machine's CPUs and the ones that the
 * list names, and nodes are an ENODEV. CPUs that the host does not have are dropped, as xl does. */
int bd_cpus_parse(libxl_ctx *ctx, const char *list, libxl_bitmap *map_out, struct bd_error *err);

#endif
