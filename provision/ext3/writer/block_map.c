/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds the block map of a file, or hands its blocks to its extent tree. */
#include "ext3/writer/block_map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

void bd_block_map_init(struct bd_block_map *map, struct bd_free_blocks *blocks)
{
	*map = (struct bd_block_map){ .blocks = blocks, .index_blocks = blocks };
}

void bd_block_map_init_file(struct bd_block_map *map, struct bd_free_blocks *blocks, uint32_t ino)
{
	bd_block_map_init(map, blocks);
	map->has_extents = ext2fs_has_feature_extents(blocks->fs->super);
	map->extents.ino = ino;
}

void bd_block_map_dispose(struct bd_block_map *map)
{
	if (map->has_extents)
		bd_extent_tree_dispose(&map->extents);
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

uint64_t bd_block_map_overhead(ext2_filsys fs, uint64_t data_blocks, uint64_t runs)
{
	uint64_t n = pointers_per_block(fs->blocksize);
	if (ext2fs_has_feature_extents(fs->super))
		return bd_extent_tree_blocks(fs->blocksize, runs + data_blocks / BD_EXTENT_BLOCKS_MAX);
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
	if (count->has_extents) {
		count->runs += (blocks + BD_EXTENT_BLOCKS_MAX - 1) / BD_EXTENT_BLOCKS_MAX;
		count->index_blocks = bd_extent_tree_blocks(block_size, count->runs);
		return;
	}
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

static errcode_t extend_extents(struct bd_block_map *map, uint64_t logical, uint64_t want, blk64_t *first_out,
				blk64_t *count_out)
{
	errcode_t ec = bd_free_blocks_take(map->blocks, want, first_out, count_out);

	map->block_count += ec ? 0 : *count_out;
	return ec ? ec : bd_extent_tree_add(&map->extents, map->index_blocks, logical, *first_out, *count_out);
}

errcode_t bd_block_map_extend(struct bd_block_map *map, uint64_t logical, uint64_t want, blk64_t *first_out,
			      blk64_t *count_out)
{
	uint64_t n = pointers_per_block(map->blocks->fs->blocksize);
	if (map->has_extents)
		return extend_extents(map, logical, want, first_out, count_out);
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

errcode_t bd_block_map_adopt(struct bd_block_map *map, uint64_t logical, blk64_t block)
{
	map->block_count++;
	if (map->has_extents)
		return bd_extent_tree_add(&map->extents, map->index_blocks, logical, block, 1);
	if (logical >= EXT2_NDIR_BLOCKS)
		return EXT2_ET_FILE_TOO_BIG;
	map->i_block[logical] = (uint32_t)block;
	return 0;
}

static errcode_t finish_extents(struct bd_block_map *map)
{
	errcode_t ec = bd_extent_tree_finish(&map->extents, map->index_blocks, map->i_block);

	map->block_count += map->extents.block_count;
	return ec;
}

errcode_t bd_block_map_finish(struct bd_block_map *map)
{
	errcode_t ec = 0;
	if (map->has_extents)
		return finish_extents(map);
	for (int level = 0; !ec && level < BD_MAP_LEVELS; level++)
		ec = close_level(map, level);
	return ec;
}
