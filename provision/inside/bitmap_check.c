/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks the groups and the inodes, and looks each block of theirs up in the bitmap. */
#include "inside/bitmap_check.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "ext3/error.h"

#define LOOKS_PER_SIGN (UINT64_C(1) << 24)

struct check {
	ext2_filsys fs;
	void (*alive)(void *context);
	void *context;
	bool is_outside, is_free; /* a block that was looked up */
	uint64_t looked_up; /* blocks of files */
};

static bool look_up(struct check *check, blk64_t block)
{
	if (block < check->fs->super->s_first_data_block || block >= ext2fs_blocks_count(check->fs->super))
		check->is_outside = true;
	else if (!ext2fs_test_block_bitmap2(check->fs->block_map, block))
		check->is_free = true;
	return !check->is_outside && !check->is_free;
}

static int look_up_block(ext2_filsys fs, blk64_t *block, e2_blkcnt_t number, blk64_t parent, int offset,
			 void *context)
{
	struct check *check = context;

	(void)fs, (void)number, (void)parent, (void)offset;
	/* Large files are in one group of inodes. */
	if (++check->looked_up % LOOKS_PER_SIGN == 0)
		check->alive(check->context);
	return look_up(check, *block) ? 0 : BLOCK_ABORT;
}

static void free_bitmap(ext2fs_block_bitmap *map)
{
	if (*map)
		ext2fs_free_block_bitmap(*map);
}

/* With flex_bg, bitmaps and inode tables of a group may be in another one. */
static int check_tables(struct check *check, struct bd_error *err)
{
	BD_DISPOSE(free_bitmap) ext2fs_block_bitmap supers = NULL;
	ext2_filsys fs = check->fs;
	uint64_t end = ext2fs_blocks_count(fs->super);

	errcode_t ec = ext2fs_allocate_block_bitmap(fs, "superblocks", &supers);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot make a bitmap");
	for (dgrp_t group = 0; group < fs->group_desc_count; group++) {
		ext2fs_reserve_super_and_bgd(fs, group, supers);
		look_up(check, ext2fs_block_bitmap_loc(fs, group));
		look_up(check, ext2fs_inode_bitmap_loc(fs, group));
		for (blk64_t i = 0; i < fs->inode_blocks_per_group; i++)
			look_up(check, ext2fs_inode_table_loc(fs, group) + i);
	}
	for (blk64_t block = fs->super->s_first_data_block;
	     block < end && ext2fs_find_first_set_block_bitmap2(supers, block, end - 1, &block) == 0; block++)
		look_up(check, block);
	return check->is_outside || check->is_free
		       ? bd_fail(err, EIO, "its bitmap has blocks as free that describe the filesystem")
		       : 0;
}

static int check_inode(struct check *check, ext2_ino_t number, struct ext2_inode *inode, struct bd_error *err)
{
	blk64_t attributes = ext2fs_file_acl_block(check->fs, inode);
	errcode_t ec = 0;

	if (!inode->i_links_count)
		return 0;
	if (attributes)
		look_up(check, attributes);
	if (ext2fs_inode_has_valid_blocks2(check->fs, inode))
		ec = ext2fs_block_iterate3(check->fs, number, BLOCK_FLAG_READ_ONLY, NULL, look_up_block, check);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot tell which blocks its inode %u has", number);
	if (check->is_outside)
		return bd_fail(err, EIO, "its inode %u is damaged", number);
	return check->is_free ? bd_fail(err, EIO, "its bitmap has blocks of files as free") : 0;
}

static errcode_t end_group(ext2_filsys fs, ext2_inode_scan scan, dgrp_t group, void *context)
{
	const struct check *check = context;

	(void)fs, (void)scan, (void)group;
	check->alive(check->context);
	return 0;
}

static void close_scan(ext2_inode_scan *scan)
{
	if (*scan)
		ext2fs_close_inode_scan(*scan);
}

static int check_inodes(struct check *check, struct bd_error *err)
{
	BD_DISPOSE(close_scan) ext2_inode_scan scan = NULL;
	struct ext2_inode inode;
	ext2_ino_t number;
	errcode_t ec = ext2fs_open_inode_scan(check->fs, 0, &scan);

	if (ec)
		return bd_fail_ext2(err, ec, "cannot read its inodes");
	ext2fs_set_inode_callback(scan, end_group, check);
	while (!(ec = ext2fs_get_next_inode(scan, &number, &inode)) && number)
		if (check_inode(check, number, &inode, err) != 0)
			return -1;
	return ec ? bd_fail_ext2(err, ec, "cannot read its inodes") : 0;
}

int bd_bitmap_check(ext2_filsys fs, void (*alive)(void *context), void *context, struct bd_error *err)
{
	struct check check = { .fs = fs, .alive = alive, .context = context };

	return check_tables(&check, err) != 0 ? -1 : check_inodes(&check, err);
}
