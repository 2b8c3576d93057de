/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Extents through libext2fs, block maps by the writer's own code, which writes each indirect block once. */
#include "ext3/change/content.h"

#include <errno.h>
#include <stdbool.h>

#include "ext3/error.h"

#define EXTENT_BLOCKS_MAX 32768u /* EXT_INIT_MAX_LEN */
#define LOGICAL_BLOCKS_MAX UINT32_MAX /* of a file with extents */

void bd_content_map_dispose(struct bd_content_map *map)
{
	if (map->extents)
		ext2fs_extent_free(map->extents);
	map->extents = NULL;
	bd_block_map_dispose(&map->map);
}

/* As the kernel has it (ext4_max_size, ext4_max_bitmap_size in fs/ext4/super.c): what the block numbers of a file can say, and
 * without huge_file the 32 bits that count its sectors. */
static uint64_t blocks_max(ext2_filsys fs, bool has_extents)
{
	uint64_t per_block = fs->blocksize / sizeof(uint32_t), maps = 3 + 2 * per_block + per_block * per_block;
	uint64_t most = has_extents ? LOGICAL_BLOCKS_MAX
				    : EXT2_NDIR_BLOCKS + per_block + per_block * per_block +
					      per_block * per_block * per_block;

	if (ext2fs_has_feature_huge_file(fs->super))
		return most;
	uint64_t counted = UINT32_MAX / (fs->blocksize / 512) - (has_extents ? 0 : maps);
	return counted < most ? counted : most;
}

static int check_size(const struct bd_content_map *map, uint64_t file_bytes, struct bd_error *err)
{
	ext2_filsys fs = map->changer->fs;
	uint64_t most = blocks_max(fs, map->extents != NULL);

	return file_bytes / fs->blocksize > most || (file_bytes / fs->blocksize == most && file_bytes % fs->blocksize)
		       ? bd_fail(err, EFBIG,
				 "it is too large for this filesystem, whose files have at most %llu blocks of %u bytes",
				 (unsigned long long)most, fs->blocksize)
		       : 0;
}

int bd_content_map_begin(struct bd_content_map *map, struct bd_changer *changer, ext2_ino_t number,
			 uint64_t file_bytes, bd_content_place place, void *context, struct bd_error *err)
{
	*map = (struct bd_content_map){ .changer = changer, .number = number, .place = place, .context = context };
	/* libext2fs may have taken some of those that were found. */
	changer->blocks.end = changer->blocks.begin;
	bd_block_map_init(&map->map, &changer->blocks);
	errcode_t ec = ext2fs_read_inode(changer->fs, number, &map->inode);
	if (!ec && (map->inode.i_flags & EXT4_EXTENTS_FL))
		ec = ext2fs_extent_open2(changer->fs, number, &map->inode, &map->extents);
	return ec ? bd_fail_ext2(err, ec, "cannot give it content") : check_size(map, file_bytes, err);
}

static errcode_t insert_extent(struct bd_content_map *map, uint64_t logical, blk64_t physical, uint64_t count)
{
	while (count) {
		uint32_t part = count < EXTENT_BLOCKS_MAX ? (uint32_t)count : EXTENT_BLOCKS_MAX;
		struct ext2fs_extent extent = { .e_pblk = physical, .e_lblk = logical, .e_len = part };
		errcode_t ec = ext2fs_extent_insert(map->extents, EXT2_EXTENT_INSERT_AFTER, &extent);
		if (!ec)
			ec = ext2fs_extent_fix_parents(map->extents);
		if (ec)
			return ec;
		logical += part;
		physical += part;
		count -= part;
	}
	return 0;
}

/* A run of free blocks for logical on. */
static errcode_t take_run(struct bd_content_map *map, uint64_t logical, uint64_t want, blk64_t *first_out,
			  blk64_t *count_out)
{
	if (!map->extents)
		return bd_block_map_extend(&map->map, logical, want, first_out, count_out);
	errcode_t ec = bd_free_blocks_take(&map->changer->blocks, want, first_out, count_out);
	if (ec)
		return ec;
	map->taken_blocks += *count_out;
	return insert_extent(map, logical, *first_out, *count_out);
}

int bd_content_map_add(struct bd_content_map *map, uint64_t offset_bytes, uint64_t size_bytes, struct bd_error *err)
{
	uint64_t block_size = map->changer->fs->blocksize, end;

	if (!size_bytes)
		return 0;
	if (__builtin_add_overflow(offset_bytes, size_bytes, &end) || end > UINT64_MAX - block_size)
		return bd_fail(err, EFBIG, "it is too large");
	uint64_t logical = offset_bytes / block_size, last = (end + block_size - 1) / block_size;
	if (map->extents && last > LOGICAL_BLOCKS_MAX)
		return bd_fail(err, EFBIG, "it is too large for the filesystem");
	/* Two ranges may share a block. */
	if (logical < map->next_block)
		logical = map->next_block;
	while (logical < last) {
		blk64_t first, count;
		errcode_t ec = take_run(map, logical, last - logical, &first, &count);
		if (ec)
			return bd_fail_ext2(err, ec, "no room for its content");
		if (map->place(map->context, logical * block_size, first * block_size, count * block_size, err) != 0)
			return -1;
		logical += count;
	}
	map->next_block = last;
	return 0;
}

int bd_content_map_finish(struct bd_content_map *map, uint64_t file_bytes, struct bd_error *err)
{
	ext2_filsys fs = map->changer->fs;
	errcode_t ec = 0;

	if (map->extents) {
		/* The extents' own blocks have been counted in the inode. */
		struct ext2_inode inode;
		ext2fs_extent_free(map->extents);
		map->extents = NULL;
		ec = ext2fs_read_inode(fs, map->number, &inode);
		map->inode = inode;
		if (!ec)
			ec = ext2fs_iblk_add_blocks(fs, &map->inode, map->taken_blocks);
	} else {
		ec = bd_block_map_finish(&map->map);
		for (unsigned i = 0; i < EXT2_N_BLOCKS; i++)
			map->inode.i_block[i] = map->map.i_block[i];
		if (!ec && map->map.block_count)
			ec = ext2fs_iblk_add_blocks(fs, &map->inode, map->map.block_count);
	}
	if (!ec)
		ec = ext2fs_inode_size_set(fs, &map->inode, (ext2_off64_t)file_bytes);
	if (!ec)
		ec = ext2fs_write_inode(fs, map->number, &map->inode);
	return ec ? bd_fail_ext2(err, ec, "cannot give it content") : 0;
}
