/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Freeing host memory for a guest, from dom0 if xl would take it from there. */
#ifndef BD_LIBXL_MEMORY_H
#define BD_LIBXL_MEMORY_H

#include <libxl.h>

#include "base/err.h"
#include "libxl/build_job.h"
#include "libxl/config/xlconf.h"
#include "libxl/xen.h"

/* Takes xl's lock and balloons dom0 down until the guest fits, if xl would. *lock_out: -1 or an open file,
 * to be closed when the domain has its memory. */
int bd_memory_prepare(const struct bd_build *build, libxl_domain_config *config, int *lock_out, struct bd_error *err);

/* The same for a domain that is to get need_kib more than it has. */
int bd_memory_make_room(const struct bd_build *build, uint64_t need_kib, int *lock_out, struct bd_error *err);

/* Free memory, and what bd_memory_prepare could take from dom0. */
int bd_memory_available(const struct bd_xen *xen, const struct bd_xlconf *xlconf, uint64_t *available_kib_out,
			struct bd_error *err);

#endif
