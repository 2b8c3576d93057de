/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gives blocks to one file: as the block map (direct, indirect, double and triple indirect) of ext3, or as the extents of
 * ext4 (ext3/writer/extent_tree.h).
 *
 * A map is filled by ascending logical block. An indirect block is placed immediately before the first block that it
 * points to, as libext2fs and mke2fs do. */
#ifndef BD_EXT3_WRITER_BLOCK_MAP_H
#define BD_EXT3_WRITER_BLOCK_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include <ext2fs/ext2fs.h>

#include "ext3/writer/extent_tree.h"
#include "ext3/writer/free_blocks.h"

#define BD_MAP_LEVELS 3

struct bd_block_map {
	struct bd_free_blocks *blocks; /* borrowed: for data */
	struct bd_free_blocks *index_blocks; /* borrowed: for the map itself; the same unless set otherwise */
	bool has_extents; /* the inode has EXT4_EXTENTS_FL */
	uint32_t i_block[EXT2_N_BLOCKS]; /* for the inode; of extents when it is finished */
	uint64_t block_count; /* blocks taken, those of the map itself included */
	struct {
		uint64_t key; /* which of the file's indirect blocks of this level it is */
		blk64_t block; /* 0: none is open */
		uint8_t *pointers;
	} level[BD_MAP_LEVELS]; /* the indirect blocks being filled; level 0 points to data */
	struct bd_extent_tree extents;
};

/* A block map, whatever the filesystem. */
void bd_block_map_init(struct bd_block_map *map, struct bd_free_blocks *blocks);
/* What a new file of the filesystem has: extents where it knows them. ino: the file's, for the checksums. */
void bd_block_map_init_file(struct bd_block_map *map, struct bd_free_blocks *blocks, uint32_t ino);
void bd_block_map_dispose(struct bd_block_map *map); /* idempotent */

/* Gives the logical blocks from `logical` on 1 to want physical blocks in a row. `logical` is larger than any given
 * before; what is passed over is a hole. EXT2_ET_FILE_TOO_BIG: past what a triple indirect block reaches. */
errcode_t bd_block_map_extend(struct bd_block_map *map, uint64_t logical, uint64_t want, blk64_t *first_out,
			      blk64_t *count_out);

/* Notes a block that the file has already. */
errcode_t bd_block_map_adopt(struct bd_block_map *map, uint64_t logical, blk64_t block);

/* Writes the last indirect blocks, or those of the extent tree. i_block and block_count are then what the inode has to say. */
errcode_t bd_block_map_finish(struct bd_block_map *map);

/* Counts what a map will take: zeroed for each file but for has_extents, then told of its runs of blocks in rising order. */
struct bd_map_count {
	bool has_extents;
	uint64_t blocks,
		index_blocks; /* of data; of the map. Of extents, the least: where runs of free blocks end, it is more */
	uint64_t runs; /* extents */
	uint64_t keys[BD_MAP_LEVELS];
};
void bd_map_count_add(struct bd_map_count *count, uint32_t block_size, uint64_t logical, uint64_t blocks);

/* How many blocks of its own a map has, of so many data blocks that lie in so many runs in the file. Exactly that, if a block
 * map has one run, or if extents are not split where runs of free blocks end. */
uint64_t bd_block_map_overhead(ext2_filsys fs, uint64_t data_blocks, uint64_t runs);

/* The number of logical blocks that a block map can have. */
uint64_t bd_block_map_reach(uint32_t block_size);

#endif
