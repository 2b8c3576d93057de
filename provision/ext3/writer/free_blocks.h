/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gives out the free blocks of a filesystem in ascending order. They are never freed. */
#ifndef BD_EXT3_WRITER_FREE_BLOCKS_H
#define BD_EXT3_WRITER_FREE_BLOCKS_H

#include <stdbool.h>
#include <stdint.h>

#include <ext2fs/ext2fs.h>

struct bd_free_blocks {
	ext2_filsys fs; /* borrowed */
	ext2fs_block_bitmap free_in; /* borrowed: in which they are free; its fs->block_map, unless set otherwise */
	blk64_t begin, end; /* free blocks in a row that were found and not yet taken from here */
	uint64_t left; /* how many may still be taken */
	bool is_shared; /* libext2fs takes blocks too, which its fs->block_map then says */
	bool wraps; /* behind the last one comes the first one that has become free since */
};

void bd_free_blocks_init(struct bd_free_blocks *blocks, ext2_filsys fs);

/* The next `count` free blocks are for who takes from reserve_out, those behind them for who takes from blocks. */
errcode_t bd_free_blocks_reserve(struct bd_free_blocks *blocks, uint64_t count, struct bd_free_blocks *reserve_out);

/* Takes 1 to want blocks in a row. EXT2_ET_BLOCK_ALLOC_FAIL: none is left. */
errcode_t bd_free_blocks_take(struct bd_free_blocks *blocks, blk64_t want, blk64_t *first_out, blk64_t *count_out);

/* How many runs of free blocks are still to come. */
errcode_t bd_free_blocks_count_runs(const struct bd_free_blocks *blocks, uint64_t *runs_out);

#endif
