/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which blocks of an ext2, ext3 or ext4 filesystem in an image are in use, as its bitmaps say. They are read in a sandboxed
 * process; what it sends is checked here: ranges are ascending, within the filesystem, and the filesystem within the image. */
#ifndef BD_INSIDE_BLOCKS_H
#define BD_INSIDE_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct bd_block_range {
	uint64_t start, count; /* of blocks */
};

struct bd_block_ranges {
	struct bd_block_range *items; /* ascending, with gaps between them; owned */
	size_t count;
};

struct bd_fs_blocks {
	int partition; /* 0: the whole image */
	uint64_t offset_bytes, partition_bytes;
	uint32_t block_bytes;
	uint64_t block_count;
	uint64_t in_place_blocks; /* up to this size it can grow without anything being moved */
	bool not_unmounted; /* its journal is to be replayed, or it is mounted */
	bool needs_replay; /* the former */
	bool not_replayed; /* it cannot be: the ranges are those of the disk, which may be older than its files */
	bool has_errors; /* the kernel found errors, which e2fsck is to correct */
	bool is_unchecked; /* mounted since it was last checked as a whole */
	bool needs_data; /* checking it takes more than its metadata */
	struct bd_block_ranges used;
	/* What describes it as a whole: superblocks, group descriptors, bitmaps, the inodes of the first group, and the blocks of the
	 * resize inode. */
	struct bd_block_ranges tables;
	/* What mke2fs makes and leaves blank, so that much of it may be zeros, and is in use: these, all inode tables, and a journal in the
	 * filesystem. */
	struct bd_block_ranges blank;
};

void bd_fs_blocks_dispose(struct bd_fs_blocks *blocks); /* idempotent */

/* fd: of the image, borrowed; its offset moves. partition: as in struct bd_inside_request. */
int bd_fs_blocks_read(int fd, int partition, struct bd_fs_blocks *blocks_out, struct bd_error *err);

/* For who changes it. EUCLEAN: a part of it is not in its partition, or in another one, too. */
int bd_fs_blocks_read_to_change(int fd, int partition, struct bd_fs_blocks *blocks_out, struct bd_error *err);

/* As bd_fs_blocks_read, and EIO where the bitmap has something as free that is in use (inside/bitmap_check.h): all inodes are read for that. */
int bd_fs_blocks_read_checked(int fd, int partition, struct bd_fs_blocks *blocks_out, struct bd_error *err);

/* Whether a block is in the ranges. *at is where to begin looking: 0 at first, and then what it was left at, as long as the blocks
 * asked for ascend. */
bool bd_block_is_in(const struct bd_block_ranges *ranges, uint64_t block, size_t *at);

#endif
