/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order in which a template's entries are exported: one in which the writer of the sealed form would number
 * them the same way again.
 *
 * The writer numbers directories and all other inodes in the order of their arrival, and keeps the entries of a
 * directory in that order; all three must be preserved. A directory comes before its contents. */
#ifndef BD_TEMPLATE_EXPORT_ORDER_H
#define BD_TEMPLATE_EXPORT_ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rootfs/sealed.h"

/* A name; in memory it takes 16 bytes and the text. */
struct bd_export_name {
	uint32_t inode, dir; /* dir: the directory that it is in */
	uint32_t text; /* in texts, terminated */
	uint32_t other; /* one more name of the inode; BD_SEALED_NONE: there is none */
};

struct bd_export_dir {
	uint32_t name; /* its own; BD_SEALED_NONE for the root */
	uint32_t next, end; /* its names that are still to come */
};

struct bd_export_order {
	struct bd_export_name *names;
	struct bd_export_dir *dirs;
	uint32_t *first; /* a name of each inode, or BD_SEALED_NONE */
	uint8_t *done; /* of each inode: it has come */
	char *texts;
	size_t name_count, text_size, text_capacity;
	uint32_t dir_count, inode_count, next_dir;
};

/* Reads all names. EINVAL: the index is damaged. order_out is to be disposed of in any case. */
int bd_export_order_init(struct bd_export_order *order_out, const struct bd_sealed *sealed, struct bd_error *err);
void bd_export_order_dispose(struct bd_export_order *order); /* idempotent */

/* Called with each name, but not the root's. first: of a file that has come under another name; else BD_SEALED_NONE. */
typedef int (*bd_export_visit)(void *context, uint32_t name, uint32_t first, struct bd_error *err);
int bd_export_order_walk(struct bd_export_order *order, bd_export_visit visit, void *context, struct bd_error *err);

/* "etc/passwd"; the caller frees. NULL: out of memory. */
char *bd_export_path(const struct bd_export_order *order, uint32_t name);

#endif
