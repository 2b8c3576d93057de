/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Allocates free blocks in ascending order, and builds the block map (direct, indirect, double and triple indirect)
 * of one file.
 *
 * Both only move forward: blocks are never freed, and a map is filled by ascending logical block. An indirect block
 * is placed immediately before the first block that it points to, as libext2fs and mke2fs do. */
#ifndef BD_EXT3_WRITER_BLOCK_MAP_H
#define BD_EXT3_WRITER_BLOCK_MAP_H

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

#define BD_MAP_LEVELS 3

struct bd_block_map {
	struct bd_free_blocks *blocks; /* borrowed: for data */
	struct bd_free_blocks *index_blocks; /* borrowed: for the map itself; the same unless set otherwise */
	uint32_t i_block[EXT2_N_BLOCKS]; /* for the inode */
	uint64_t block_count; /* blocks taken, those of the map itself included */
	struct {
		uint64_t key; /* which of the file's indirect blocks of this level it is */
		blk64_t block; /* 0: none is open */
		uint8_t *pointers;
	} level[BD_MAP_LEVELS]; /* the indirect blocks being filled; level 0 points to data */
};

void bd_block_map_init(struct bd_block_map *map, struct bd_free_blocks *blocks);
void bd_block_map_dispose(struct bd_block_map *map); /* idempotent */

/* Gives the logical blocks from `logical` on 1 to want physical blocks in a row. `logical` is larger than any given
 * before; what is passed over is a hole. EXT2_ET_FILE_TOO_BIG: past what a triple indirect block reaches. */
errcode_t bd_block_map_extend(struct bd_block_map *map, uint64_t logical, uint64_t want, blk64_t *first_out,
			      blk64_t *count_out);

/* Writes the last indirect blocks. i_block and block_count are then what the inode has to say. */
errcode_t bd_block_map_finish(struct bd_block_map *map);

/* Counts what a map will take: zeroed for each file, then told of its runs of blocks in rising order. */
struct bd_map_count {
	uint64_t blocks, index_blocks; /* of data; of the map */
	uint64_t keys[BD_MAP_LEVELS];
};
void bd_map_count_add(struct bd_map_count *count, uint32_t block_size, uint64_t logical, uint64_t blocks);

/* How many indirect blocks a file without holes of so many data blocks has. */
uint64_t bd_block_map_overhead(uint32_t block_size, uint64_t data_blocks);

/* The number of logical blocks that a map can have. */
uint64_t bd_block_map_reach(uint32_t block_size);

#endif
