/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which blocks a filesystem uses, and which of them describe it as a whole. */
#include "inside/block_scan.h"

#include <stdint.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "disk/ext_partition.h"
#include "ext3/error.h"
#include "ext3/filesystem.h"
#include "ext3/reader/fd_io.h"
#include "filestream/frame.h"
#include "inside/bitmap_check.h"

#define PAIRS_MAX 8192 /* in a frame */

struct sender {
	struct bd_frame_writer writer;
	enum bd_block_list list;
	size_t pairs; /* in the frame at hand; 0: there is none */
};

static void end_frame(struct sender *sender)
{
	if (sender->pairs && !bd_frame_end(&sender->writer))
		_exit(1);
	sender->pairs = 0;
}

static void send_range(struct sender *sender, uint64_t start, uint64_t count)
{
	if (!sender->pairs) {
		bd_frame_begin(&sender->writer, BD_FRAME_DATA);
		bd_frame_put64(&sender->writer, sender->list);
	}
	bd_frame_put64(&sender->writer, start);
	bd_frame_put64(&sender->writer, count);
	if (++sender->pairs == PAIRS_MAX)
		end_frame(sender);
}

/* It can grow without anything being moved as long as its group descriptors fit into the blocks reserved for them. With bigalloc,
 * resize2fs (1.47.0) miscounts free blocks, so that its result has to be checked as a whole. */
static uint64_t in_place_blocks(ext2_filsys fs)
{
	uint64_t groups = fs->desc_blocks; /* blocks of them, at first */

	if (ext2fs_has_feature_bigalloc(fs->super))
		return 0;
	if (ext2fs_has_feature_meta_bg(fs->super))
		return ext2fs_blocks_count(fs->super);
	if (ext2fs_has_feature_resize_inode(fs->super))
		groups += fs->super->s_reserved_gdt_blocks;
	groups *= (uint64_t)EXT2_DESC_PER_BLOCK(fs->super);
	return fs->super->s_first_data_block + groups * fs->super->s_blocks_per_group;
}

/* As it is on the disk. */
static uint64_t flags_of(ext2_filsys fs)
{
	uint64_t flags = 0;

	if (fs->super->s_lastcheck < fs->super->s_mtime)
		flags |= BD_BLOCK_SCAN_UNCHECKED;
	/* e2fsck reads the content of attributes that are inodes. */
	if (ext2fs_has_feature_ea_inode(fs->super) || ext2fs_has_feature_bigalloc(fs->super))
		flags |= BD_BLOCK_SCAN_NEEDS_DATA;
	if (bd_ext_state(fs) == BD_EXT_NOT_UNMOUNTED)
		flags |= BD_BLOCK_SCAN_NOT_UNMOUNTED;
	else if (bd_ext_state(fs) == BD_EXT_HAS_ERRORS)
		flags |= BD_BLOCK_SCAN_HAS_ERRORS;
	if (ext2fs_has_feature_journal_needs_recovery(fs->super))
		flags |= BD_BLOCK_SCAN_NEEDS_REPLAY;
	return flags;
}

static void send_facts(struct sender *sender, ext2_filsys fs, uint64_t flags, const struct bd_partition *partition)
{
	const uint64_t facts[] = { (uint64_t)partition->number,
				   partition->offset_bytes,
				   partition->size_bytes,
				   fs->blocksize,
				   ext2fs_blocks_count(fs->super),
				   in_place_blocks(fs),
				   flags };

	bd_frame_begin(&sender->writer, BD_FRAME_ENTRY);
	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++)
		bd_frame_put64(&sender->writer, facts[i]);
	if (!bd_frame_end(&sender->writer))
		_exit(1);
}

/* Sends what is set in the bitmap. */
static int send_bitmap(struct sender *sender, ext2_filsys fs, ext2fs_block_bitmap map, struct bd_error *err)
{
	uint64_t first = fs->super->s_first_data_block, end = ext2fs_blocks_count(fs->super);
	blk64_t begin, clear;

	if (first)
		send_range(sender, 0, first); /* a boot block */
	for (uint64_t at = first; at < end; at = clear) {
		errcode_t ec = ext2fs_find_first_set_block_bitmap2(map, at, end - 1, &begin);
		if (ec == ENOENT)
			break;
		if (!ec && begin == end - 1)
			clear = end;
		else if (!ec)
			ec = ext2fs_find_first_zero_block_bitmap2(map, begin + 1, end - 1, &clear);
		if (ec == ENOENT)
			clear = end;
		else if (ec)
			return bd_fail_ext2(err, ec, "cannot read its bitmaps");
		send_range(sender, begin, clear - begin);
	}
	end_frame(sender);
	return 0;
}

static int mark_block(ext2_filsys fs, blk64_t *block, e2_blkcnt_t number, blk64_t parent, int offset, void *context)
{
	(void)number, (void)parent, (void)offset;
	if (*block >= fs->super->s_first_data_block && *block < ext2fs_blocks_count(fs->super))
		ext2fs_mark_block_bitmap2(context, *block);
	return 0;
}

static void mark(ext2_filsys fs, ext2fs_block_bitmap map, blk64_t block, uint64_t count)
{
	uint64_t end = ext2fs_blocks_count(fs->super);

	if (block >= fs->super->s_first_data_block && block < end)
		ext2fs_mark_block_bitmap_range2(map, block, (unsigned)(count < end - block ? count : end - block));
}

/* Superblocks, group descriptors and the room for more of them, bitmaps, and the inodes that the filesystem has for itself. */
static int mark_tables(ext2_filsys fs, ext2fs_block_bitmap map, struct bd_error *err)
{
	for (dgrp_t group = 0; group < fs->group_desc_count; group++) {
		blk64_t super, old_descriptors, new_descriptors;
		ext2fs_super_and_bgd_loc2(fs, group, &super, &old_descriptors, &new_descriptors, NULL);
		if (super || group == 0)
			mark(fs, map, super, 1);
		if (old_descriptors)
			mark(fs, map, old_descriptors, fs->desc_blocks + fs->super->s_reserved_gdt_blocks);
		if (new_descriptors)
			mark(fs, map, new_descriptors, 1);
		mark(fs, map, ext2fs_block_bitmap_loc(fs, group), 1);
		mark(fs, map, ext2fs_inode_bitmap_loc(fs, group), 1);
	}
	mark(fs, map, ext2fs_inode_table_loc(fs, 0), fs->inode_blocks_per_group);
	if (!ext2fs_has_feature_resize_inode(fs->super))
		return 0;
	errcode_t ec = ext2fs_block_iterate3(fs, EXT2_RESIZE_INO, BLOCK_FLAG_READ_ONLY, NULL, mark_block, map);
	return ec ? bd_fail_ext2(err, ec, "cannot read its resize inode") : 0;
}

/* The journal may be on another device, or be damaged: it is not said to be blank then. */
static void mark_blank(ext2_filsys fs, ext2fs_block_bitmap map)
{
	for (dgrp_t group = 0; group < fs->group_desc_count; group++)
		mark(fs, map, ext2fs_inode_table_loc(fs, group), fs->inode_blocks_per_group);
	if (ext2fs_has_feature_journal(fs->super) && fs->super->s_journal_inum == EXT2_JOURNAL_INO)
		ext2fs_block_iterate3(fs, EXT2_JOURNAL_INO, BLOCK_FLAG_READ_ONLY, NULL, mark_block, map);
}

static void free_bitmap(ext2fs_block_bitmap *map)
{
	if (*map)
		ext2fs_free_block_bitmap(*map);
}

/* With its journal, as far as that can be replayed: when a guest crashes, some of the journal's blocks are in their places already, and
 * descriptors and bitmaps there do not fit each other. */
static int open_filesystem(int fd, uint64_t offset_bytes, uint64_t limit_bytes, uint64_t *flags_out,
			   ext2_filsys *fs_out, struct bd_error *err)
{
	BD_DISPOSE(bd_ext_close) ext2_filsys fs = NULL;
	struct bd_error not_replayed = BD_ERROR_INIT;

	if (bd_ext_open_fd(fd, offset_bytes, limit_bytes, &fs, err) != 0)
		return -1;
	*flags_out = flags_of(fs);
	if (!(*flags_out & BD_BLOCK_SCAN_NEEDS_REPLAY)) {
		*fs_out = bd_take_ptr(fs);
		return 0;
	}
	if (bd_ext_open_fd_replayed(fd, offset_bytes, limit_bytes, fs_out, &not_replayed, err) != 0)
		return -1;
	if (ext2fs_has_feature_journal_needs_recovery((*fs_out)->super))
		*flags_out |= BD_BLOCK_SCAN_NOT_REPLAYED;
	else if (bd_ext_state(*fs_out) == BD_EXT_HAS_ERRORS) /* the journal may say so, too */
		*flags_out |= BD_BLOCK_SCAN_HAS_ERRORS;
	return 0;
}

/* A sign of life. */
static void send_progress(void *context)
{
	struct sender *sender = context;

	bd_frame_begin(&sender->writer, BD_FRAME_PROGRESS);
	bd_frame_put64(&sender->writer, 0);
	if (!bd_frame_end(&sender->writer))
		_exit(1);
	bd_frame_flush(&sender->writer);
}

static int scan(struct sender *sender, int fd, const struct bd_block_scan_request *request, struct bd_error *err)
{
	BD_DISPOSE(bd_ext_close) ext2_filsys fs = NULL;
	BD_DISPOSE(free_bitmap) ext2fs_block_bitmap tables = NULL;
	struct bd_partition partition;
	uint64_t file_bytes, flags;

	if (bd_ext_partition_find(fd, request->partition, &partition, &file_bytes, err) != 0)
		return -1;
	if (open_filesystem(fd, partition.offset_bytes, file_bytes, &flags, &fs, err) != 0)
		return partition.number ? bd_wrap(err, "partition %d", partition.number) : -1;
	if (request->is_to_change && bd_ext_partition_check_own(&partition, bd_ext_bytes(fs), err) != 0)
		return -1;
	fs->default_bitmap_type = EXT2FS_BMAP64_RBTREE;
	send_facts(sender, fs, flags, &partition);
	errcode_t ec = ext2fs_read_block_bitmap(fs);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot read its bitmaps");
	if (request->checks_bitmap && bd_bitmap_check(fs, send_progress, sender, err) != 0)
		return -1;
	sender->list = BD_BLOCK_LIST_USED;
	if (send_bitmap(sender, fs, fs->block_map, err) != 0)
		return -1;
	ec = ext2fs_allocate_block_bitmap(fs, "tables", &tables);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot make a bitmap");
	sender->list = BD_BLOCK_LIST_TABLES;
	if (mark_tables(fs, tables, err) != 0 || send_bitmap(sender, fs, tables, err) != 0)
		return -1;
	sender->list = BD_BLOCK_LIST_BLANK;
	mark_blank(fs, tables);
	return send_bitmap(sender, fs, tables, err);
}

void bd_block_scan(void *context, int input_fd, int output_fd)
{
	struct sender sender = { 0 };
	struct bd_error err = BD_ERROR_INIT;

	if (!bd_frame_writer_init(&sender.writer, output_fd))
		_exit(1);
	if (scan(&sender, input_fd, context, &err) == 0)
		bd_frame_end_stream(&sender.writer, 0);
	else
		bd_frame_error(&sender.writer, BD_FRAME_ERROR, &err);
	bd_frame_flush(&sender.writer);
}
