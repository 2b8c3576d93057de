/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Removes or truncates what ext4 had not come to. */
#include "ext3/change/orphans.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "ext3/change/names.h"
#include "ext3/error.h"

/* Not in the headers of older releases of libext2fs. */
#define ORPHAN_FILE 0x1000u /* s_feature_compat */
#define ORPHAN_PRESENT 0x10000u /* s_feature_ro_compat: the filesystem is mounted, or was not unmounted */
#define ORPHAN_FILE_NUMBER_AT 0x280 /* in the superblock: s_orphan_file_inum */
#define ORPHAN_MAGIC 0x0b10ca04u
#define ORPHAN_TAIL_BYTES 8 /* of each of its blocks: the magic number, a checksum */

static int fail_damaged(struct bd_error *err)
{
	return bd_fail(err, EIO,
		       "the list of files that were being removed is damaged: run e2fsck on the filesystem");
}

static errcode_t zero_behind_end(ext2_filsys fs, ext2_ino_t number, struct ext2_inode *inode)
{
	uint64_t size = EXT2_I_SIZE(inode);
	uint32_t used = (uint32_t)(size % fs->blocksize);
	BD_FREE uint8_t *block = malloc(fs->blocksize);
	blk64_t place;
	int flags = 0;

	if (!used)
		return 0;
	if (!block)
		return ENOMEM;
	errcode_t ec = ext2fs_bmap2(fs, number, inode, NULL, 0, size / fs->blocksize, &flags, &place);
	if (ec || !place || (flags & BMAP_RET_UNINIT))
		return ec;
	if (place < fs->super->s_first_data_block || place >= ext2fs_blocks_count(fs->super))
		return EXT2_ET_BAD_BLOCK_NUM;
	ec = io_channel_read_blk64(fs->io, place, 1, block);
	if (ec)
		return ec;
	memset(block + used, 0, fs->blocksize - used);
	return io_channel_write_blk64(fs->io, place, 1, block);
}

static errcode_t truncate_to_size(struct bd_changer *changer, ext2_ino_t number, struct ext2_inode_large *inode)
{
	ext2_filsys fs = changer->fs;
	struct ext2_inode *small = (struct ext2_inode *)inode;

	inode->i_dtime = 0;
	if (!ext2fs_inode_has_valid_blocks2(fs, small) || (small->i_flags & EXT4_INLINE_DATA_FL))
		return ext2fs_write_inode_full(fs, number, small, sizeof(*inode));
	errcode_t ec = zero_behind_end(fs, number, small);
	if (!ec)
		ec = ext2fs_punch(fs, number, small, NULL, (EXT2_I_SIZE(small) + fs->blocksize - 1) / fs->blocksize,
				  ~0ULL);
	return ec ? ec : ext2fs_write_inode_full(fs, number, small, sizeof(*inode));
}

/* next_out: the next one of the list. */
static int finish(struct bd_changer *changer, ext2_ino_t number, ext2_ino_t *next_out, struct bd_error *err)
{
	ext2_filsys fs = changer->fs;
	struct ext2_inode_large inode = { 0 };

	if (number < EXT2_FIRST_INODE(fs->super) || number > fs->super->s_inodes_count ||
	    !ext2fs_test_inode_bitmap2(fs->inode_map, number))
		return fail_damaged(err);
	errcode_t ec = ext2fs_read_inode_full(fs, number, (struct ext2_inode *)&inode, sizeof(inode));
	if (ec)
		return bd_fail_ext2(err, ec, "cannot read the inode of a removed file");
	*next_out = inode.i_dtime;
	ec = inode.i_links_count ? truncate_to_size(changer, number, &inode)
				 : bd_file_release(changer, number, S_ISDIR(inode.i_mode));
	return ec ? bd_fail_ext2(err, ec, "cannot finish the removal of a file") : 0;
}

/* Each is marked as free or has no successor when it has been finished, so a circle ends, too: an inode that is truncated
 * loses its place in the list. */
static int finish_list(struct bd_changer *changer, struct bd_error *err)
{
	struct ext2_super_block *super = changer->fs->super;

	for (ext2_ino_t number = super->s_last_orphan, next; number; number = next)
		if (finish(changer, number, &next, err) != 0)
			return -1;
	if (!super->s_last_orphan)
		return 0;
	super->s_last_orphan = 0;
	ext2fs_mark_super_dirty(changer->fs);
	return 0;
}

/* --- the orphan file ------------------------------------------------------------------------------------------------ */

struct orphan_file {
	struct bd_changer *changer;
	ext2_ino_t number;
	uint32_t generation;
	uint8_t *block;
	struct bd_error *err;
	int result;
};

static uint32_t block_checksum(const struct orphan_file *file, blk64_t place)
{
	ext2_filsys fs = file->changer->fs;
	uint8_t head[16];

	put_le32(head, file->number);
	put_le32(head + 4, file->generation);
	put_le64(head + 8, place);
	uint32_t sum = ext2fs_crc32c_le(fs->csum_seed, head, sizeof(head));
	return ext2fs_crc32c_le(sum, file->block, fs->blocksize - ORPHAN_TAIL_BYTES);
}

static int finish_block(struct orphan_file *file, blk64_t place, struct bd_error *err)
{
	ext2_filsys fs = file->changer->fs;
	uint8_t *tail = file->block + fs->blocksize - ORPHAN_TAIL_BYTES;
	bool has_checksum = ext2fs_has_feature_metadata_csum(fs->super), has_any = false;
	ext2_ino_t next;

	if (place < fs->super->s_first_data_block || place >= ext2fs_blocks_count(fs->super))
		return fail_damaged(err);
	errcode_t ec = io_channel_read_blk64(fs->io, place, 1, file->block);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot read the list of removed files");
	if (get_le32(tail) != ORPHAN_MAGIC || (has_checksum && get_le32(tail + 4) != block_checksum(file, place)))
		return fail_damaged(err);
	for (uint8_t *at = file->block; at + 4 <= tail; at += 4) {
		if (!get_le32(at))
			continue;
		if (finish(file->changer, get_le32(at), &next, err) != 0)
			return -1;
		put_le32(at, 0);
		has_any = true;
	}
	if (!has_any)
		return 0;
	if (has_checksum)
		put_le32(tail + 4, block_checksum(file, place));
	ec = io_channel_write_blk64(fs->io, place, 1, file->block);
	return ec ? bd_fail_ext2(err, ec, "cannot write the list of removed files") : 0;
}

static int visit_block(ext2_filsys fs, blk64_t *place, e2_blkcnt_t logical, blk64_t reference, int offset,
		       void *context)
{
	struct orphan_file *file = context;
	(void)fs, (void)logical, (void)reference, (void)offset;

	file->result = finish_block(file, *place, file->err);
	return file->result == 0 ? 0 : BLOCK_ABORT;
}

static int finish_file(struct bd_changer *changer, struct bd_error *err)
{
	ext2_filsys fs = changer->fs;
	BD_FREE uint8_t *block = malloc(fs->blocksize);
	struct orphan_file file = {
		.changer = changer,
		.number = get_le32((const uint8_t *)fs->super + ORPHAN_FILE_NUMBER_AT),
		.block = block,
		.err = err,
	};
	struct ext2_inode inode;

	if (!(fs->super->s_feature_ro_compat & ORPHAN_PRESENT))
		return 0;
	if (!block)
		return bd_no_memory(err);
	if (!(fs->super->s_feature_compat & ORPHAN_FILE) || !file.number || file.number > fs->super->s_inodes_count)
		return fail_damaged(err);
	errcode_t ec = ext2fs_read_inode(fs, file.number, &inode);
	file.generation = inode.i_generation;
	if (!ec)
		ec = ext2fs_block_iterate3(fs, file.number, BLOCK_FLAG_DATA_ONLY | BLOCK_FLAG_READ_ONLY, NULL,
					   visit_block, &file);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot read the list of removed files");
	if (file.result != 0)
		return -1;
	fs->super->s_feature_ro_compat &= ~ORPHAN_PRESENT;
	ext2fs_mark_super_dirty(fs);
	return 0;
}

int bd_orphans_finish(struct bd_changer *changer, struct bd_error *err)
{
	return finish_list(changer, err) == 0 ? finish_file(changer, err) : -1;
}
