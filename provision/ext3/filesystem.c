/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks at a filesystem that libext2fs has open. */
#include "ext3/filesystem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "ext3/format.h"

void bd_ext_close(ext2_filsys *fs)
{
	if (*fs)
		ext2fs_free(*fs);
	*fs = NULL;
}

uint64_t bd_ext_bytes(ext2_filsys fs)
{
	return ext2fs_blocks_count(fs->super) * fs->blocksize;
}

int bd_ext_check_size(ext2_filsys fs, uint64_t offset_bytes, uint64_t limit_bytes, struct bd_error *err)
{
	uint64_t size_bytes, end_bytes;
	char is[BD_SIZE_TEXT_SIZE], has[BD_SIZE_TEXT_SIZE];

	if (!__builtin_mul_overflow(ext2fs_blocks_count(fs->super), fs->blocksize, &size_bytes) &&
	    !__builtin_add_overflow(offset_bytes, size_bytes, &end_bytes) && end_bytes <= limit_bytes)
		return 0;
	bd_format_size_pair(size_bytes, limit_bytes - offset_bytes, is, has);
	return bd_fail(err, EIO, "the filesystem is truncated: it has %s, its partition or the file only %s", is,
		       has);
}

/* --- group descriptors ---------------------------------------------------------------------------------------------- */

#define RANGES_OF_GROUP 6

struct range {
	blk64_t begin, end;
};

static int compare_ranges(const void *left, const void *right)
{
	const struct range *one = left, *other = right;
	return (one->begin > other->begin) - (one->begin < other->begin);
}

static void add(struct range *ranges, size_t *count, blk64_t begin, uint64_t blocks)
{
	if (blocks)
		ranges[(*count)++] = (struct range){ begin, begin + blocks };
}

static bool has_table(ext2_filsys fs, blk64_t begin, uint64_t blocks)
{
	uint64_t end = ext2fs_blocks_count(fs->super);

	return begin >= fs->super->s_first_data_block && begin < end && blocks <= end - begin;
}

/* false: one of them is not in the filesystem. */
static bool add_group(ext2_filsys fs, dgrp_t group, struct range *ranges, size_t *count)
{
	blk64_t super, old_descriptors, new_descriptors, block_bitmap = ext2fs_block_bitmap_loc(fs, group),
							 inode_bitmap = ext2fs_inode_bitmap_loc(fs, group),
							 inodes = ext2fs_inode_table_loc(fs, group);

	uint64_t old_blocks = ext2fs_has_feature_meta_bg(fs->super)
				      ? fs->super->s_first_meta_bg
				      : fs->desc_blocks + (uint64_t)fs->super->s_reserved_gdt_blocks;

	if (!has_table(fs, block_bitmap, 1) || !has_table(fs, inode_bitmap, 1) ||
	    !has_table(fs, inodes, fs->inode_blocks_per_group))
		return false;
	ext2fs_super_and_bgd_loc2(fs, group, &super, &old_descriptors, &new_descriptors, NULL);
	add(ranges, count, super, super || group == 0 ? 1 : 0);
	add(ranges, count, old_descriptors, old_descriptors ? old_blocks : 0);
	add(ranges, count, new_descriptors, new_descriptors ? 1 : 0);
	add(ranges, count, block_bitmap, 1);
	add(ranges, count, inode_bitmap, 1);
	add(ranges, count, inodes, fs->inode_blocks_per_group);
	return true;
}

int bd_ext_check_descriptors(ext2_filsys fs, struct bd_error *err)
{
	BD_FREE struct range *ranges = calloc(fs->group_desc_count, RANGES_OF_GROUP * sizeof(*ranges));
	size_t count = 0;

	if (!ranges)
		return bd_no_memory(err);
	for (dgrp_t group = 0; group < fs->group_desc_count; group++)
		if (!add_group(fs, group, ranges, &count))
			return bd_fail(err, EIO,
				       "the descriptor of block group %u is damaged: run e2fsck on the filesystem",
				       group);
	qsort(ranges, count, sizeof(*ranges), compare_ranges);
	for (size_t i = 1; i < count; i++)
		if (ranges[i].begin < ranges[i - 1].end)
			return bd_fail(err, EIO, "the group descriptors are damaged: run e2fsck on the filesystem");
	return 0;
}

enum bd_ext_state bd_ext_state(ext2_filsys fs)
{
	if (ext2fs_has_feature_journal_needs_recovery(fs->super) || !(fs->super->s_state & EXT2_VALID_FS))
		return BD_EXT_NOT_UNMOUNTED;
	return fs->super->s_state & EXT2_ERROR_FS ? BD_EXT_HAS_ERRORS : BD_EXT_CLEAN;
}

blk64_t bd_ext_superblock_block(ext2_filsys fs)
{
	return BD_EXT_SUPERBLOCK_START_BYTES / fs->blocksize;
}

struct ext2_super_block *bd_ext_superblock_in(ext2_filsys fs, uint8_t *block)
{
	return (struct ext2_super_block *)(void *)(block + BD_EXT_SUPERBLOCK_START_BYTES % fs->blocksize);
}

void bd_ext_set_recovery(ext2_filsys fs, uint8_t *block, bool needs_recovery)
{
	struct ext2_super_block *super = bd_ext_superblock_in(fs, block);

	if (needs_recovery)
		super->s_feature_incompat |= EXT3_FEATURE_INCOMPAT_RECOVER;
	else
		super->s_feature_incompat &= ~(uint32_t)EXT3_FEATURE_INCOMPAT_RECOVER;
	ext2fs_superblock_csum_set(fs, super);
}

bool bd_ext_has(ext2_filsys fs, const char *name)
{
	ext2_ino_t number;
	return ext2fs_lookup(fs, EXT2_ROOT_INO, name, (int)strlen(name), NULL, &number) == 0;
}

bool bd_ext_uuid_in_checksums(ext2_filsys fs)
{
	return ext2fs_has_feature_metadata_csum(fs->super) && !ext2fs_has_feature_csum_seed(fs->super);
}
