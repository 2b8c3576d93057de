/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Converts block maps and extents to runs of blocks, and reads those. */
#include "ext3/reader/content.h"

#include <errno.h>
#include <stdbool.h>

#include "base/process/cancel.h"
#include "ext3/error.h"

/* A run of blocks that is being collected; count 0: none. */
struct run {
	ext2_filsys fs;
	ext2_ino_t number;
	struct ext2_inode *inode;
	const struct bd_ext_sink *sink;
	uint64_t size_bytes; /* of the file */
	uint64_t logical, physical, count;
	uint64_t end; /* the file's blocks before this one are done */
	uint64_t total; /* blocks that it has had so far */
	struct bd_error *err;
	int r;
};

static int read_piece(struct run *run, uint64_t logical, uint64_t physical, int blocks)
{
	const struct bd_ext_sink *sink = run->sink;
	uint64_t block_size = run->fs->blocksize, offset = logical * block_size;
	uint64_t size = (uint64_t)blocks * block_size;

	if (bd_cancel_check(run->err) < 0)
		return -1;
	errcode_t ec = io_channel_read_blk64(run->fs->io, physical, blocks, sink->buffer);
	if (ec)
		return bd_fail_ext2(run->err, ec, "cannot read its content at byte %llu", (unsigned long long)offset);
	if (size > run->size_bytes - offset)
		size = run->size_bytes - offset;
	return sink->take(sink->context, offset, sink->buffer, size, run->err);
}

static int name_range(struct run *run, uint64_t logical, uint64_t physical, uint64_t blocks)
{
	const struct bd_ext_sink *sink = run->sink;
	uint64_t block_size = run->fs->blocksize, offset = logical * block_size, size = blocks * block_size;

	return sink->take_range(sink->context, offset, physical * block_size,
				size < run->size_bytes - offset ? size : run->size_bytes - offset, run->err);
}

/* Reads what was collected. Blocks behind the end of the file (fallocate makes them) do not count. */
static int flush(struct run *run)
{
	ext2_filsys fs = run->fs;
	uint64_t file_blocks = (run->size_bytes + fs->blocksize - 1) / fs->blocksize;
	uint64_t count = run->count, piece = run->sink->buffer_bytes / fs->blocksize;

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
	/* Else a few blocks could pretend to be terabytes of content. */
	run->total += count;
	if (run->total > ext2fs_blocks_count(fs->super) && !ext2fs_has_feature_shared_blocks(fs->super))
		return bd_fail(run->err, EIO, "it has blocks several times; check the filesystem with e2fsck");
	run->end = run->logical + count;
	if (run->sink->take_range)
		return name_range(run, run->logical, run->physical, count);
	for (uint64_t done = 0; done < count; done += piece)
		if ((run->logical + done + piece) * fs->blocksize > run->sink->begin_bytes &&
		    read_piece(run, run->logical + done, run->physical + done,
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

static int read_extents(struct run *run)
{
	ext2_extent_handle_t handle;
	struct ext2fs_extent extent;
	errcode_t ec = ext2fs_extent_open2(run->fs, run->number, run->inode, &handle);
	if (ec)
		return bd_fail_ext2(run->err, ec, "cannot read its extents");

	int r = 0;
	for (int next = EXT2_EXTENT_ROOT; r == 0; next = EXT2_EXTENT_NEXT_LEAF) {
		ec = ext2fs_extent_get(handle, next, &extent);
		if (ec == EXT2_ET_EXTENT_NO_NEXT)
			break;
		if (ec)
			r = bd_fail_ext2(run->err, ec, "cannot read its extents");
		/* What is allocated but not written reads as zeros. */
		else if ((extent.e_flags & EXT2_EXTENT_FLAGS_LEAF) && !(extent.e_flags & EXT2_EXTENT_FLAGS_UNINIT))
			r = add_blocks(run, extent.e_lblk, extent.e_pblk, extent.e_len);
	}
	ext2fs_extent_free(handle);
	return r;
}

/* libext2fs goes on behind an indirect block that it cannot read, with the blocks of the rest of the file moved into its place, and
 * then forgets the error. */
static int check_indirect(struct run *run, blk64_t block)
{
	ext2_filsys fs = run->fs;

	if (!block)
		return 0;
	errcode_t ec = block < fs->super->s_first_data_block || block >= ext2fs_blocks_count(fs->super)
			       ? EXT2_ET_BAD_IND_BLOCK
			       : io_channel_read_blk64(fs->io, block, 1, run->sink->buffer);
	return ec ? bd_fail_ext2(run->err, ec, "cannot read its block map") : 0;
}

static int visit_block(ext2_filsys fs, blk64_t *physical, e2_blkcnt_t logical, blk64_t ref_block, int ref_offset,
		       void *data)
{
	struct run *run = data;
	(void)ref_block, (void)ref_offset;
	if (logical < 0) {
		run->r = check_indirect(run, *physical);
		return run->r < 0 ? BLOCK_ABORT : 0;
	}
	if ((uint64_t)logical * fs->blocksize >= run->size_bytes)
		return BLOCK_ABORT;
	run->r = add_blocks(run, (uint64_t)logical, *physical, 1);
	return run->r < 0 ? BLOCK_ABORT : 0;
}

static int read_mapped(struct run *run)
{
	errcode_t ec = ext2fs_block_iterate3(run->fs, run->number, BLOCK_FLAG_READ_ONLY, NULL, visit_block, run);
	if (run->r < 0)
		return -1;
	return ec ? bd_fail_ext2(run->err, ec, "cannot read its block map") : 0;
}

/* The content is in the inode itself (ext4's inline_data). */
static int read_inline(struct run *run)
{
	const struct bd_ext_sink *sink = run->sink;
	size_t size = 0;
	errcode_t ec = ext2fs_inline_data_size(run->fs, run->number, &size);

	if (!ec && size > sink->buffer_bytes)
		ec = EXT2_ET_INODE_CORRUPTED;
	if (!ec)
		ec = ext2fs_inline_data_get(run->fs, run->number, run->inode, sink->buffer, &size);
	if (ec)
		return bd_fail_ext2(run->err, ec, "cannot read its content out of the inode");
	if (size > run->size_bytes)
		size = run->size_bytes;
	return sink->take(sink->context, 0, sink->buffer, size, run->err);
}

/* Block numbers within a file have 32 bits. A map has 12 blocks, and those of tables of one, two and three levels. */
int bd_ext_content_check_size(ext2_filsys fs, const struct ext2_inode *inode, struct bd_error *err)
{
	uint64_t size = EXT2_I_SIZE(inode), per_block = fs->blocksize / 4, most = UINT64_C(1) << 32;

	/* Inline data, too, may end in a hole. */
	if (!(inode->i_flags & (EXT4_EXTENTS_FL | EXT4_INLINE_DATA_FL)) && fs->blocksize < 8192)
		most = EXT2_NDIR_BLOCKS + per_block + per_block * per_block + per_block * per_block * per_block;
	if (most > UINT64_C(1) << 32)
		most = UINT64_C(1) << 32;
	if (size <= most * fs->blocksize)
		return 0;
	return bd_fail(err, EIO, "it cannot have %llu bytes; check the filesystem with e2fsck",
		       (unsigned long long)size);
}

int bd_ext_content_read(ext2_filsys fs, ext2_ino_t number, struct ext2_inode *inode, const struct bd_ext_sink *sink,
			struct bd_error *err)
{
	struct run run = {
		.fs = fs, .number = number, .inode = inode, .sink = sink, .size_bytes = EXT2_I_SIZE(inode), .err = err
	};
	int r;

	if (bd_ext_content_check_size(fs, inode, err) != 0)
		return -1;
	if (inode->i_flags & EXT4_INLINE_DATA_FL)
		r = read_inline(&run);
	else if (inode->i_flags & EXT4_EXTENTS_FL)
		r = read_extents(&run);
	else
		r = read_mapped(&run);
	return r < 0 ? -1 : flush(&run);
}
