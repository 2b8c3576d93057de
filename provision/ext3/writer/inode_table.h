/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inode table of a new filesystem before it is written: the nodes of a tree with their inode numbers and parent
 * directories. Nothing is read or written here. */
#ifndef BD_EXT3_WRITER_INODE_TABLE_H
#define BD_EXT3_WRITER_INODE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rootfs/tree.h"

#define BD_NO_ENTRY SIZE_MAX

struct bd_inode_entry {
	const struct bd_node *node; /* borrowed; NULL: the filesystem's own, and not in the tree */
	const char *path; /* borrowed */
	uint32_t ino; /* 0: a whiteout, which is in no directory */
	uint32_t base; /* the template's inode that is at this path, for bd_overlay_merge_make; else BD_SEALED_NONE */
	size_t parent, first_child, last_child, next_sibling; /* in entries, or BD_NO_ENTRY */
	size_t child_count;
	uint32_t child_dir_count;
};

/* Entry i is node i of the tree. "/" and "/lost+found" have an entry behind these if the tree does not have them. */
struct bd_inode_table {
	const struct bd_tree *tree; /* borrowed */
	struct bd_inode_entry *entries;
	size_t count, root, lost_and_found;
};

/* The root has inode 2, lost+found first_ino, the others the numbers that follow, in the tree's order. EEXIST when
 * lost+found is not a directory, EMLINK when a directory has more subdirectories than the kernel can count. */
int bd_inode_table_make(struct bd_inode_table *table_out, const struct bd_tree *tree, uint32_t first_ino,
			struct bd_error *err);
void bd_inode_table_dispose(struct bd_inode_table *table); /* idempotent */

bool bd_inode_entry_is_dir(const struct bd_inode_entry *entry);
bool bd_inode_entry_is_whiteout(const struct bd_inode_entry *entry);
const char *bd_inode_entry_name(const struct bd_inode_entry *entry); /* in its directory; "" for the root */

#endif
