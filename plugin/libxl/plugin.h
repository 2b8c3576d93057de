/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the functions behind the table of entry.c share; each of them is declared in the header of its own file. They do what
 * toolstack/toolstack.h says. */
#ifndef BD_LIBXL_PLUGIN_H
#define BD_LIBXL_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "libxl/xen.h"
#include "toolstack/toolstack.h"

/* An open toolstack. */
struct bd_toolstack {
	const struct bd_toolstack_host *host;
	struct bd_xen xen;
};

typedef void bd_emit_fn(void *context, const char *text, size_t size_bytes);

#endif
