/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds the inodes of a new filesystem from the metadata of a file in our own tree or in a template. Format: the
 * kernel's Documentation/filesystems/ext4/inodes.rst, and e2fsprogs' lib/ext2fs/ext2_fs.h. */
#ifndef BD_EXT3_WRITER_INODE_H
#define BD_EXT3_WRITER_INODE_H

#include <stdbool.h>
#include <sys/types.h>

#include <ext2fs/ext2fs.h>

#include "base/err.h"
#include "ext3/writer/block_map.h"
#include "rootfs/sealed.h"
#include "rootfs/tree.h"

/* Longer targets of symlinks take a block. */
#define BD_FAST_SYMLINK_MAX (sizeof(((struct ext2_inode *)NULL)->i_block) - 1)

struct bd_inode_writer {
	ext2_filsys fs; /* borrowed */
	struct bd_free_blocks *blocks; /* borrowed: for xattrs and targets that do not fit into the inode */
	uint8_t *bytes; /* of the inode that is being made */
	int64_t change_time_s; /* ctime and crtime */
};

int bd_inode_writer_init(struct bd_inode_writer *writer, ext2_filsys fs, struct bd_free_blocks *blocks,
			 struct bd_error *err);
void bd_inode_writer_dispose(struct bd_inode_writer *writer); /* idempotent */

/* The facts of a file of ours, which has to stay where it is; now: all of its times. NULL: a directory of root's. */
struct bd_sealed_inode bd_inode_facts(const struct bd_node *node, int64_t now);

/* Whether such a filesystem can hold such a file at all, however large its disk is: the number of its names (but not of
 * directories), its size, target, device number and extended attributes. The functions below fail for the same
 * reasons. */
int bd_inode_check(ext2_filsys fs, const struct bd_sealed_inode *facts, struct bd_error *err);

/* Begins an inode with what all kinds of file have, the xattrs too. */
int bd_inode_begin(struct bd_inode_writer *writer, const struct bd_sealed_inode *facts, struct bd_error *err);
struct ext2_inode_large *bd_inode_bytes(struct bd_inode_writer *writer);
void bd_inode_set_map(struct bd_inode_writer *writer, const struct bd_block_map *map, uint64_t size_bytes);
/* Of a symlink, device, FIFO or socket. */
int bd_inode_set_special(struct bd_inode_writer *writer, const struct bd_sealed_inode *facts, struct bd_error *err);
/* Writes it; numbers from first_ino + 1 on are marked as used. */
int bd_inode_write(struct bd_inode_writer *writer, uint32_t ino, struct bd_error *err);

/* Leaves no trace of an inode that a clone may have. */
int bd_inode_clear(struct bd_inode_writer *writer, uint32_t ino, struct bd_error *err);

/* The blocks that such an inode needs in addition to its content and its map. */
uint64_t bd_inode_extra_blocks(const struct bd_sealed_inode *facts, uint32_t inode_size);

#endif
