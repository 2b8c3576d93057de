/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Encodes extents: leaves first, then what points to them. */
#include "ext3/writer/extent_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define MAGIC 0xf30a
#define HEADER 12 /* struct ext3_extent_header */
#define ENTRY 12 /* struct ext3_extent and struct ext3_extent_idx */

_Static_assert(HEADER + BD_EXTENTS_IN_INODE * ENTRY == EXT2_N_BLOCKS * 4, "i_block is an extent header and extents");

/* The checksum has its place in what is left. */
static uint32_t entries_per_block(uint32_t block_size)
{
	return (block_size - HEADER) / ENTRY;
}

uint64_t bd_extent_tree_blocks(uint32_t block_size, uint64_t extents)
{
	uint64_t per_block = entries_per_block(block_size), blocks = 0;

	while (extents > BD_EXTENTS_IN_INODE) {
		extents = (extents + per_block - 1) / per_block;
		blocks += extents;
	}
	return blocks;
}

static void put_header(uint8_t *at, uint32_t entries, uint32_t max, uint32_t depth)
{
	put_le16(at, MAGIC);
	put_le16(at + 2, (uint16_t)entries);
	put_le16(at + 4, (uint16_t)max);
	put_le16(at + 6, (uint16_t)depth);
}

static errcode_t write_block(struct bd_extent_tree *tree, struct bd_free_blocks *index_blocks, uint32_t depth,
			     blk64_t *block_out)
{
	struct bd_extent_level *level = &tree->level[depth];
	ext2_filsys fs = index_blocks->fs;
	blk64_t count;
	errcode_t ec = bd_free_blocks_take(index_blocks, 1, block_out, &count);

	if (ec)
		return ec;
	tree->block_count++;
	put_header(level->block, level->entries, entries_per_block(fs->blocksize), depth);
	ec = ext2fs_extent_block_csum_set(fs, tree->ino, (struct ext3_extent_header *)(void *)level->block);
	return ec ? ec : io_channel_write_blk64(fs->io, *block_out, 1, level->block);
}

static errcode_t begin_block(struct bd_extent_level *level, uint32_t block_size)
{
	if (!level->block)
		level->block = malloc(block_size);
	if (!level->block)
		return ENOMEM;
	memset(level->block, 0, block_size);
	level->entries = 0;
	return 0;
}

/* Writes the block of this level, and of those above it that are full, and makes room for one entry in each of them. */
static errcode_t flush(struct bd_extent_tree *tree, struct bd_free_blocks *index_blocks, uint32_t depth)
{
	uint32_t block_size = index_blocks->fs->blocksize;

	for (;; depth++) {
		struct bd_extent_level *level = &tree->level[depth], *above = level + 1;
		uint32_t first_logical = get_le32(level->block + HEADER);
		blk64_t block;
		if (depth + 1 == BD_EXTENT_LEVELS)
			return EXT2_ET_FILE_TOO_BIG;
		errcode_t ec = write_block(tree, index_blocks, depth, &block);
		if (!ec)
			ec = begin_block(level, block_size);
		if (!ec && !above->block)
			ec = begin_block(above, block_size);
		if (ec)
			return ec;
		level->written = true;
		uint8_t *entry = above->block + HEADER + (size_t)above->entries++ * ENTRY;
		put_le32(entry, first_logical);
		put_le32(entry + 4, (uint32_t)block);
		put_le16(entry + 8, (uint16_t)(block >> 32));
		if (above->entries < entries_per_block(block_size))
			return 0;
	}
}

/* The extent that was growing is complete. */
static errcode_t put_extent(struct bd_extent_tree *tree, struct bd_free_blocks *index_blocks)
{
	struct bd_extent_level *leaf = &tree->level[0];
	errcode_t ec = 0;

	if (!tree->count)
		return 0;
	tree->extent_count++;
	if (tree->only_count)
		return 0;
	if (!leaf->block)
		ec = begin_block(leaf, index_blocks->fs->blocksize);
	else if (leaf->entries == entries_per_block(index_blocks->fs->blocksize))
		ec = flush(tree, index_blocks, 0);
	if (ec)
		return ec;
	uint8_t *entry = leaf->block + HEADER + (size_t)leaf->entries++ * ENTRY;
	put_le32(entry, (uint32_t)tree->logical);
	put_le16(entry + 4, (uint16_t)tree->count);
	put_le16(entry + 6, (uint16_t)(tree->physical >> 32));
	put_le32(entry + 8, (uint32_t)tree->physical);
	return 0;
}

errcode_t bd_extent_tree_add(struct bd_extent_tree *tree, struct bd_free_blocks *index_blocks, uint64_t logical,
			     blk64_t physical, uint64_t count)
{
	if (logical + count > UINT32_MAX)
		return EXT2_ET_FILE_TOO_BIG;
	while (count) {
		bool joins = tree->count && tree->count < BD_EXTENT_BLOCKS_MAX &&
			     logical == tree->logical + tree->count && physical == tree->physical + tree->count;
		if (!joins) {
			errcode_t ec = put_extent(tree, index_blocks);
			if (ec)
				return ec;
			tree->logical = logical;
			tree->physical = physical;
			tree->count = 0;
		}
		uint64_t room = BD_EXTENT_BLOCKS_MAX - tree->count, part = count < room ? count : room;
		tree->count += part;
		logical += part;
		physical += part;
		count -= part;
	}
	return 0;
}

errcode_t bd_extent_tree_finish(struct bd_extent_tree *tree, struct bd_free_blocks *index_blocks,
				uint32_t i_block_out[EXT2_N_BLOCKS])
{
	uint8_t root[EXT2_N_BLOCKS * 4] = { 0 };
	uint32_t depth = 0;
	errcode_t ec = put_extent(tree, index_blocks);

	tree->count = 0;
	for (; !ec && (tree->level[depth].written || tree->level[depth].entries > BD_EXTENTS_IN_INODE); depth++)
		if (tree->level[depth].entries)
			ec = flush(tree, index_blocks, depth);
	if (ec)
		return ec;
	const struct bd_extent_level *top = &tree->level[depth];
	put_header(root, top->entries, BD_EXTENTS_IN_INODE, depth);
	if (top->entries)
		memcpy(root + HEADER, top->block + HEADER, (size_t)top->entries * ENTRY);
	memcpy(i_block_out, root, sizeof(root));
	return 0;
}

void bd_extent_tree_dispose(struct bd_extent_tree *tree)
{
	for (int i = 0; i < BD_EXTENT_LEVELS; i++) {
		free(tree->level[i].block);
		tree->level[i].block = NULL;
	}
}
