/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Declarations shared by the functions behind the table in entry.c; each function is declared in the header of its
 * own file. toolstack/toolstack.h defines what they do. */
#ifndef BD_LIBXL_PLUGIN_H
#define BD_LIBXL_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "libxl/xen.h"
#include "toolstack/toolstack.h"

/* A program that knows of no more than the first members of a struct has not set the others. */
#define BD_HAS(pointer, member) \
	((pointer)->struct_size >= offsetof(__typeof__(*(pointer)), member) + sizeof((pointer)->member))

/* An open toolstack. */
struct bd_toolstack {
	const struct bd_toolstack_host *host;
	struct bd_xen xen;
};

typedef void bd_emit_fn(void *context, const char *text, size_t size_bytes);

#endif
