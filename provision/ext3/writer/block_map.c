/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Allocates free blocks in ascending order, and builds the block map of a file from them. */
#include "ext3/writer/block_map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

void bd_free_blocks_init(struct bd_free_blocks *blocks, ext2_filsys fs)
{
	*blocks = (struct bd_free_blocks){ fs, fs->block_map, fs->super->s_first_data_block,
					   fs->super->s_first_data_block, UINT64_MAX, false, false };
}

static errcode_t find_free_run(struct bd_free_blocks *blocks)
{
	blk64_t last = ext2fs_blocks_count(blocks->fs->super) - 1;
	if (blocks->end > last)
		return EXT2_ET_BLOCK_ALLOC_FAIL;
	errcode_t ec = ext2fs_find_first_zero_block_bitmap2(blocks->free_in, blocks->end, last, &blocks->begin);
	if (ec == ENOENT)
		return EXT2_ET_BLOCK_ALLOC_FAIL;
	if (ec)
		return ec;
	ec = ext2fs_find_first_set_block_bitmap2(blocks->free_in, blocks->begin, last, &blocks->end);
	if (ec == ENOENT)
		blocks->end = last + 1;
	return ec == ENOENT ? 0 : ec;
}

/* How much of the run that was found is free from its beginning on; others may have taken from it since. */
static errcode_t measure_run(struct bd_free_blocks *blocks, blk64_t *count_out)
{
	blk64_t next = 0;

	for (;;) {
		errcode_t ec = blocks->begin == blocks->end ? find_free_run(blocks) : 0;
		if (ec == EXT2_ET_BLOCK_ALLOC_FAIL && blocks->wraps) {
			blocks->begin = blocks->end = blocks->fs->super->s_first_data_block;
			ec = find_free_run(blocks);
		}
		*count_out = blocks->end - blocks->begin;
		if (ec || !blocks->is_shared)
			return ec;
		ec = ext2fs_find_first_zero_block_bitmap2(blocks->fs->block_map, blocks->begin, blocks->end - 1,
							  &next);
		blocks->begin = ec == ENOENT ? blocks->end : next;
		if (ec == ENOENT)
			continue;
		if (ec)
			return ec;
		ec = ext2fs_find_first_set_block_bitmap2(blocks->fs->block_map, blocks->begin, blocks->end - 1, &next);
		*count_out = (ec == ENOENT ? blocks->end : next) - blocks->begin;
		return ec == ENOENT ? 0 : ec;
	}
}

errcode_t bd_free_blocks_take(struct bd_free_blocks *blocks, blk64_t want, blk64_t *first_out, blk64_t *count_out)
{
	blk64_t count;
	errcode_t ec = measure_run(blocks, &count);

	if (ec)
		return ec;
	if (count > want)
		count = want;
	if (count > blocks->left)
		count = blocks->left;
	if (!count)
		return EXT2_ET_BLOCK_ALLOC_FAIL;
	blocks->left -= count;
	ext2fs_block_alloc_stats_range(blocks->fs, blocks->begin, (blk_t)count, +1);
	*first_out = blocks->begin;
	*count_out = count;
	blocks->begin += count;
	return 0;
}

errcode_t bd_free_blocks_reserve(struct bd_free_blocks *blocks, uint64_t count, struct bd_free_blocks *reserve_out)
{
	*reserve_out = *blocks;
	reserve_out->left = count;
	while (count) {
		if (blocks->begin == blocks->end) {
			errcode_t ec = find_free_run(blocks);
			if (ec)
				return ec;
		}
		blk64_t part = blocks->end - blocks->begin < count ? blocks->end - blocks->begin : count;
		blocks->begin += part;
		count -= part;
	}
	return 0;
}

void bd_block_map_init(struct bd_block_map *map, struct bd_free_blocks *blocks)
{
	*map = (struct bd_block_map){ .blocks = blocks, .index_blocks = blocks };
}

void bd_block_map_dispose(struct bd_block_map *map)
{
	for (int i = 0; i < BD_MAP_LEVELS; i++) {
		free(map->level[i].pointers);
		map->level[i].pointers = NULL;
	}
}

static uint64_t pointers_per_block(uint32_t block_size)
{
	return block_size / 4;
}

uint64_t bd_block_map_reach(uint32_t block_size)
{
	uint64_t n = pointers_per_block(block_size);
	return EXT2_NDIR_BLOCKS + n + n * n + n * n * n;
}

uint64_t bd_block_map_overhead(uint32_t block_size, uint64_t data_blocks)
{
	uint64_t n = pointers_per_block(block_size);
	if (data_blocks <= EXT2_NDIR_BLOCKS)
		return 0;
	data_blocks -= EXT2_NDIR_BLOCKS;
	if (data_blocks <= n)
		return 1;
	data_blocks -= n;
	if (data_blocks <= n * n)
		return 2 + (data_blocks + n - 1) / n;
	data_blocks -= n * n;
	return 2 + n + 1 + (data_blocks + n * n - 1) / (n * n) + (data_blocks + n - 1) / n;
}

static errcode_t close_level(struct bd_block_map *map, int level)
{
	blk64_t block = map->level[level].block;
	map->level[level].block = 0;
	if (!block)
		return 0;
	return io_channel_write_blk64(map->blocks->fs->io, block, 1, map->level[level].pointers);
}

/* Takes a block for the level and opens it with no pointers in it. */
static errcode_t open_level(struct bd_block_map *map, int level, uint64_t key)
{
	uint32_t block_size = map->blocks->fs->blocksize;
	errcode_t ec = close_level(map, level);
	if (ec)
		return ec;
	if (!map->level[level].pointers)
		map->level[level].pointers = malloc(block_size);
	if (!map->level[level].pointers)
		return ENOMEM;

	blk64_t count;
	ec = bd_free_blocks_take(map->index_blocks, 1, &map->level[level].block, &count);
	if (ec)
		return ec;
	memset(map->level[level].pointers, 0, block_size);
	map->level[level].key = key;
	map->block_count++;
	return 0;
}

/* The tree under i_block[11 + depth] that a block past the direct ones is in, and the block's place there. */
static int tree_of(uint64_t logical, uint64_t n, uint64_t *rest_out)
{
	uint64_t rest = logical - EXT2_NDIR_BLOCKS;
	int depth = 1;

	for (uint64_t reach = n; rest >= reach; reach *= n, depth++)
		rest -= reach;
	*rest_out = rest;
	return depth;
}

/* Which indirect block of a level data block `rest` hangs on. */
static uint64_t key_of(int depth, int level, uint64_t rest, uint64_t n, uint64_t *index_out)
{
	uint64_t index = rest / n;

	for (int i = 0; i < level; i++)
		index /= n;
	*index_out = index;
	return (uint64_t)depth << 56 | index;
}

void bd_map_count_add(struct bd_map_count *count, uint32_t block_size, uint64_t logical, uint64_t blocks)
{
	uint64_t n = pointers_per_block(block_size), end = logical + blocks, rest, index;

	count->blocks += blocks;
	if (logical < EXT2_NDIR_BLOCKS)
		logical = EXT2_NDIR_BLOCKS;
	while (logical < end && logical < bd_block_map_reach(block_size)) {
		int depth = tree_of(logical, n, &rest);
		for (int level = 0; level < depth; level++) {
			uint64_t key = key_of(depth, level, rest, n, &index);
			count->index_blocks += count->keys[level] != key;
			count->keys[level] = key;
		}
		logical += n - rest % n;
	}
}

/* Opens the chain of indirect blocks that leads to data block `rest` of the tree under i_block[11 + depth]. */
static errcode_t open_chain(struct bd_block_map *map, int depth, uint64_t rest)
{
	uint64_t n = pointers_per_block(map->blocks->fs->blocksize);
	for (int level = depth - 1; level >= 0; level--) {
		uint64_t index, key = key_of(depth, level, rest, n, &index);
		if (map->level[level].block && map->level[level].key == key)
			continue;

		errcode_t ec = open_level(map, level, key);
		if (ec)
			return ec;
		uint32_t block = (uint32_t)map->level[level].block;
		if (level == depth - 1)
			map->i_block[EXT2_IND_BLOCK + depth - 1] = block;
		else
			put_le32(map->level[level + 1].pointers + index % n * 4, block);
	}
	return 0;
}

static errcode_t extend_direct(struct bd_block_map *map, uint64_t logical, uint64_t want, blk64_t *first_out,
			       blk64_t *count_out)
{
	uint64_t room = EXT2_NDIR_BLOCKS - logical;
	errcode_t ec = bd_free_blocks_take(map->blocks, want < room ? want : room, first_out, count_out);
	if (ec)
		return ec;
	for (uint64_t i = 0; i < *count_out; i++)
		map->i_block[logical + i] = (uint32_t)(*first_out + i);
	map->block_count += *count_out;
	return 0;
}

errcode_t bd_block_map_extend(struct bd_block_map *map, uint64_t logical, uint64_t want, blk64_t *first_out,
			      blk64_t *count_out)
{
	uint64_t n = pointers_per_block(map->blocks->fs->blocksize);
	if (logical < EXT2_NDIR_BLOCKS)
		return extend_direct(map, logical, want, first_out, count_out);
	if (logical >= bd_block_map_reach(map->blocks->fs->blocksize))
		return EXT2_ET_FILE_TOO_BIG;

	uint64_t rest;
	int depth = tree_of(logical, n, &rest);
	errcode_t ec = open_chain(map, depth, rest);
	uint64_t index = rest % n, room = n - index;
	if (!ec)
		ec = bd_free_blocks_take(map->blocks, want < room ? want : room, first_out, count_out);
	if (ec)
		return ec;
	for (uint64_t i = 0; i < *count_out; i++)
		put_le32(map->level[0].pointers + (index + i) * 4, (uint32_t)(*first_out + i));
	map->block_count += *count_out;
	return 0;
}

errcode_t bd_block_map_finish(struct bd_block_map *map)
{
	errcode_t ec = 0;
	for (int level = 0; !ec && level < BD_MAP_LEVELS; level++)
		ec = close_level(map, level);
	return ec;
}
