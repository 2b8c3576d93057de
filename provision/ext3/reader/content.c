/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turns block maps and extents into runs of blocks, and reads those. */
#include "ext3/reader/content.h"

#include <errno.h>
#include <stdbool.h>

#include "base/process/cancel.h"
#include "ext3/reader/error.h"

/* A run of blocks that is being collected; count 0: none. */
struct run {
	struct bd_ext_content *content;
	uint64_t size_bytes; /* of the file */
	uint64_t logical, physical, count;
	uint64_t end; /* the file's blocks before this one are done */
	struct bd_error *err;
	int r;
};

static int copy_piece(struct run *run, uint64_t logical, uint64_t physical, int blocks)
{
	struct bd_ext_content *content = run->content;
	uint64_t block_size = content->fs->blocksize, offset = logical * block_size;
	uint64_t size = (uint64_t)blocks * block_size;

	if (bd_cancel_check(run->err) < 0)
		return -1;
	errcode_t ec = io_channel_read_blk64(content->fs->io, physical, blocks, content->buffer);
	if (ec)
		return bd_ext_fail(run->err, ec, "cannot read its content at byte %llu", (unsigned long long)offset);
	if (size > run->size_bytes - offset)
		size = run->size_bytes - offset;
	if (bd_sealed_writer_data(content->writer, offset, content->buffer, size, run->err) < 0)
		return -1;
	content->done_bytes += (uint64_t)blocks * block_size;
	if (content->progress && content->done_bytes <= content->used_bytes)
		content->progress((uint64_t)((double)content->done_bytes / (double)content->used_bytes *
					     (double)content->source_bytes));
	return 0;
}

/* Reads what was collected. Blocks behind the end of the file (fallocate makes them) do not count. */
static int flush(struct run *run)
{
	ext2_filsys fs = run->content->fs;
	uint64_t file_blocks = (run->size_bytes + fs->blocksize - 1) / fs->blocksize;
	uint64_t count = run->count, piece = BD_EXT_PIECE_BYTES / fs->blocksize;

	run->count = 0;
	if (!count || run->logical >= file_blocks)
		return 0;
	if (count > file_blocks - run->logical)
		count = file_blocks - run->logical;
	if (run->logical < run->end)
		return bd_fail(run->err, EIO, "its blocks are out of order; check the filesystem with e2fsck");
	if (run->physical < fs->super->s_first_data_block || run->physical >= ext2fs_blocks_count(fs->super) ||
	    count > ext2fs_blocks_count(fs->super) - run->physical)
		return bd_fail(run->err, EIO, "it has a block outside the filesystem; check it with e2fsck");
	run->end = run->logical + count;
	for (uint64_t done = 0; done < count; done += piece)
		if (copy_piece(run, run->logical + done, run->physical + done,
			       (int)(count - done < piece ? count - done : piece)) < 0)
			return -1;
	return 0;
}

static int add_blocks(struct run *run, uint64_t logical, uint64_t physical, uint64_t count)
{
	if (run->count && logical == run->logical + run->count && physical == run->physical + run->count) {
		run->count += count;
		return 0;
	}
	if (flush(run) < 0)
		return -1;
	run->logical = logical;
	run->physical = physical;
	run->count = count;
	return 0;
}

static int copy_extents(struct run *run, const struct bd_ext_inode *inode)
{
	ext2_extent_handle_t handle;
	struct ext2fs_extent extent;
	errcode_t ec = ext2fs_extent_open2(inode->fs, inode->number, (struct ext2_inode *)inode->raw, &handle);
	if (ec)
		return bd_ext_fail(run->err, ec, "cannot read its extents");

	int r = 0;
	for (int next = EXT2_EXTENT_ROOT; r == 0; next = EXT2_EXTENT_NEXT_LEAF) {
		ec = ext2fs_extent_get(handle, next, &extent);
		if (ec == EXT2_ET_EXTENT_NO_NEXT)
			break;
		if (ec)
			r = bd_ext_fail(run->err, ec, "cannot read its extents");
		/* What is allocated but not written reads as zeros. */
		else if ((extent.e_flags & EXT2_EXTENT_FLAGS_LEAF) && !(extent.e_flags & EXT2_EXTENT_FLAGS_UNINIT))
			r = add_blocks(run, extent.e_lblk, extent.e_pblk, extent.e_len);
	}
	ext2fs_extent_free(handle);
	return r;
}

static int visit_block(ext2_filsys fs, blk64_t *physical, e2_blkcnt_t logical, blk64_t ref_block, int ref_offset,
		       void *data)
{
	struct run *run = data;
	(void)ref_block, (void)ref_offset;
	if (logical < 0)
		return 0;
	if ((uint64_t)logical * fs->blocksize >= run->size_bytes)
		return BLOCK_ABORT;
	run->r = add_blocks(run, (uint64_t)logical, *physical, 1);
	return run->r < 0 ? BLOCK_ABORT : 0;
}

static int copy_mapped(struct run *run, const struct bd_ext_inode *inode)
{
	errcode_t ec = ext2fs_block_iterate3(inode->fs, inode->number, BLOCK_FLAG_READ_ONLY | BLOCK_FLAG_DATA_ONLY,
					     NULL, visit_block, run);
	if (run->r < 0)
		return -1;
	return ec ? bd_ext_fail(run->err, ec, "cannot read its block map") : 0;
}

/* The content is in the inode itself (ext4's inline_data). */
static int copy_inline(struct run *run, const struct bd_ext_inode *inode)
{
	struct bd_ext_content *content = run->content;
	size_t size = 0;
	errcode_t ec = ext2fs_inline_data_size(inode->fs, inode->number, &size);
	if (!ec && size > BD_EXT_PIECE_BYTES)
		ec = EXT2_ET_INODE_CORRUPTED;
	if (!ec)
		ec = ext2fs_inline_data_get(inode->fs, inode->number, (struct ext2_inode *)inode->raw,
					    content->buffer, &size);
	if (ec)
		return bd_ext_fail(run->err, ec, "cannot read its content out of the inode");
	if (size > run->size_bytes)
		size = run->size_bytes;
	return bd_sealed_writer_data(content->writer, 0, content->buffer, size, run->err);
}

int bd_ext_content_copy(struct bd_ext_content *content, const struct bd_ext_inode *inode, struct bd_error *err)
{
	struct run run = { .content = content, .size_bytes = EXT2_I_SIZE(inode->raw), .err = err };
	int r;

	if (inode->raw->i_flags & EXT4_INLINE_DATA_FL)
		r = copy_inline(&run, inode);
	else if (inode->raw->i_flags & EXT4_EXTENTS_FL)
		r = copy_extents(&run, inode);
	else
		r = copy_mapped(&run, inode);
	return r < 0 ? -1 : flush(&run);
}
