/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes files, UUID and label of an existing ext2, ext3 or ext4 filesystem inside an image, through libext2fs.
 *
 * The filesystem must be unmounted and clean, which bd_ext3_root_open checks. A failure half-way leaves it damaged,
 * so edit a copy that can be thrown away. */
#ifndef BD_EXT3_EDIT_H
#define BD_EXT3_EDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "rootfs/tree.h"

struct bd_ext3_edit {
	/* A node takes the place of what is at its path, in an inode of its own, so that another name of the old one keeps
	 * what it had; of a replaced regular file the SELinux label stays. A directory that is there stays as it is; a
	 * whiteout takes a file away. Paths have no symlinks in their parents. NULL: nothing. */
	const struct bd_tree *tree;
	const uint8_t *uuid; /* of 16 bytes; NULL: it stays */
	const char *label; /* at most 16 bytes count; NULL: it stays */
	bool never_mounted; /* as a new one: no time and count of mounts, so that it can be told from a guest's that ran */
	int64_t now; /* for all timestamps; 0: the clock's */
};

/* EISDIR, ENOTDIR: a node would take the place of a directory, or the reverse. ENOSPC: it is full. ENOTSUP: a kind of
 * node, or a UUID that all checksums depend on. Nothing is fsynced. */
int bd_ext3_edit(const char *path, uint64_t offset_bytes, const struct bd_ext3_edit *edit, struct bd_error *err);

#endif
