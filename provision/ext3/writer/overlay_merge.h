/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Merges a tree over a sealed template: which of the template's names and inodes it changes, and all inode numbers.
 *
 * The template's inodes keep their order: the root is 2, lost+found gets the first free number, the others follow.
 * A file of the tree takes the number of the file that it replaces if that has no other name, else one after all
 * others. */
#ifndef BD_EXT3_WRITER_OVERLAY_MERGE_H
#define BD_EXT3_WRITER_OVERLAY_MERGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "ext3/writer/inode_table.h"
#include "rootfs/sealed.h"

struct bd_change {
	uint32_t dir; /* a directory of the template */
	uint32_t ino; /* 0: the name goes away */
	const char *name; /* borrowed; not terminated */
	uint8_t name_size, type;
};

struct bd_unlinked {
	uint32_t index, names; /* an inode of the template, and how many of its names go away */
};

/* A directory of the template whose mode and owner are the node's. */
struct bd_changed_dir {
	uint32_t index;
	const struct bd_node *node; /* borrowed */
};

struct bd_overlay_merge {
	const struct bd_sealed *sealed; /* borrowed */
	uint32_t first_ino, lost_and_found; /* the latter in the template; BD_SEALED_NONE: it has none */
	uint32_t ino_count; /* numbers in use from first_ino on */
	struct bd_change *changes; /* by directory */
	struct bd_unlinked *unlinked; /* by index */
	struct bd_changed_dir *changed_dirs;
	size_t change_count, unlinked_count, changed_dir_count;
};

/* Renumbers the entries of the table. EISDIR: a file, or a whiteout, where the template has a directory. ENOTDIR:
 * the reverse. */
int bd_overlay_merge_make(struct bd_overlay_merge *merge_out, const struct bd_sealed *sealed,
			  struct bd_inode_table *table, uint32_t first_ino, struct bd_error *err);
void bd_overlay_merge_dispose(struct bd_overlay_merge *merge); /* idempotent */

uint32_t bd_overlay_merge_ino(const struct bd_overlay_merge *merge, uint32_t index);
/* The changes of one directory. */
const struct bd_change *bd_overlay_merge_changes(const struct bd_overlay_merge *merge, uint32_t dir,
						 size_t *count_out);
/* The names that are left of a template's inode that has so many. */
uint32_t bd_overlay_merge_links(const struct bd_overlay_merge *merge, uint32_t index, uint32_t links);
/* What takes the place of mode and owner of a template's directory; NULL: they stay. */
const struct bd_node *bd_overlay_merge_changed_dir(const struct bd_overlay_merge *merge, uint32_t index);

#endif
