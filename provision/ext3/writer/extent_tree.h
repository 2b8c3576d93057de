/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds the extent tree of one file of ext4 from runs of blocks that come in ascending order: up to four extents in the
 * inode, more of them in leaves that are written as soon as they are full. Nothing is read.
 * Format: the kernel's Documentation/filesystems/ext4/ifork.rst. */
#ifndef BD_EXT3_WRITER_EXTENT_TREE_H
#define BD_EXT3_WRITER_EXTENT_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include <ext2fs/ext2fs.h>

#include "ext3/writer/free_blocks.h"

#define BD_EXTENT_BLOCKS_MAX 32768u /* EXT_INIT_MAX_LEN: of one extent with content */
#define BD_EXTENT_LEVELS 5
#define BD_EXTENTS_IN_INODE 4

/* Zeroed, but for ino. */
struct bd_extent_tree {
	uint32_t ino; /* the file's, for the checksums */
	bool only_count; /* extents are counted, not kept */
	uint64_t extent_count; /* complete ones */
	uint64_t block_count; /* blocks taken for the tree itself */
	uint64_t logical, count; /* the extent that may still grow; count 0: there is none */
	blk64_t physical;
	struct bd_extent_level {
		uint8_t *block; /* the one being filled; NULL: none was needed yet */
		uint32_t entries;
		bool written; /* there is one before it, so that it cannot be in the inode */
	} level[BD_EXTENT_LEVELS];
};

/* logical: behind all that were added before. index_blocks: where a block for the tree itself is taken, when one is full. */
errcode_t bd_extent_tree_add(struct bd_extent_tree *tree, struct bd_free_blocks *index_blocks, uint64_t logical,
			     blk64_t physical, uint64_t count);
/* i_block_out: for the inode. */
errcode_t bd_extent_tree_finish(struct bd_extent_tree *tree, struct bd_free_blocks *index_blocks,
				uint32_t i_block_out[EXT2_N_BLOCKS]);
void bd_extent_tree_dispose(struct bd_extent_tree *tree); /* idempotent */

/* The blocks of a tree of so many extents. */
uint64_t bd_extent_tree_blocks(uint32_t block_size, uint64_t extents);

#endif
