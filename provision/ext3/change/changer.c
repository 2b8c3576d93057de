/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which filesystems may be written, and which of their blocks. */
#include "ext3/change/changer.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#include "ext3/error.h"

/* What libext2fs can read and this program does not write, because something besides the files would have to be kept right. The
 * features that libext2fs does not know it refuses itself. */
static const struct {
	bool is_incompat; /* else it forbids writing only (ro_compat) */
	uint32_t bit;
	const char *name; /* as in ext4(5) */
} unwritten[] = {
	{ true, EXT3_FEATURE_INCOMPAT_JOURNAL_DEV, "journal_dev" },
	{ true, EXT4_FEATURE_INCOMPAT_MMP, "mmp" },
	{ true, EXT4_FEATURE_INCOMPAT_EA_INODE, "ea_inode" },
	{ true, EXT4_FEATURE_INCOMPAT_DIRDATA, "dirdata" },
	{ true, EXT4_FEATURE_INCOMPAT_ENCRYPT, "encrypt" },
	{ true, EXT4_FEATURE_INCOMPAT_CASEFOLD, "casefold" },
	{ false, EXT4_FEATURE_RO_COMPAT_QUOTA, "quota" },
	{ false, EXT4_FEATURE_RO_COMPAT_BIGALLOC, "bigalloc" },
	{ false, EXT4_FEATURE_RO_COMPAT_READONLY, "read-only" },
	{ false, EXT4_FEATURE_RO_COMPAT_PROJECT, "project" },
	{ false, EXT4_FEATURE_RO_COMPAT_SHARED_BLOCKS, "shared_blocks" },
	{ false, EXT4_FEATURE_RO_COMPAT_VERITY, "verity" },
};

int bd_changer_check(ext2_filsys fs, struct bd_error *err)
{
	for (size_t i = 0; i < sizeof(unwritten) / sizeof(*unwritten); i++) {
		uint32_t features =
			unwritten[i].is_incompat ? fs->super->s_feature_incompat : fs->super->s_feature_ro_compat;
		if (features & unwritten[i].bit)
			return bd_fail(err, ENOTSUP, "the filesystem has the feature %s and is not written",
				       unwritten[i].name);
	}
	if (fs->super->s_state & EXT2_ERROR_FS)
		return bd_fail(err, EIO, "the filesystem is marked as having errors: run e2fsck on it");
	if (!(fs->super->s_state & EXT2_VALID_FS) && !ext2fs_has_feature_journal(fs->super))
		return bd_fail(err, EIO,
			       "the filesystem was not unmounted cleanly and has no journal: run e2fsck on it");
	return 0;
}

/* For the blocks of a file's map that libext2fs adds while the file's content takes others. The library counts it itself. */
static errcode_t take_one(ext2_filsys fs, blk64_t goal, blk64_t *block_out)
{
	struct bd_changer *changer = fs->priv_data;
	blk64_t count;

	errcode_t ec = bd_free_blocks_take(&changer->blocks, 1, block_out, &count);
	if (!ec)
		ext2fs_block_alloc_stats2(fs, *block_out, -1);
	/* Metadata is not written before the changes come into force. */
	if (ec == EXT2_ET_BLOCK_ALLOC_FAIL)
		ec = ext2fs_new_block2(fs, goal, fs->block_map, block_out);
	return ec;
}

int bd_changer_init(struct bd_changer *changer, ext2_filsys fs, int64_t now_s, bool is_draft, struct bd_error *err)
{
	fs->default_bitmap_type = EXT2FS_BMAP64_RBTREE;
	errcode_t ec = ext2fs_read_bitmaps(fs);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot read the bitmaps of the filesystem");
	ec = is_draft ? 0 : ext2fs_copy_bitmap(fs->block_map, &changer->taken);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot copy the block bitmap");
	changer->names = bd_name_index_new(fs);
	if (!changer->names)
		return bd_no_memory(err);
	changer->fs = fs;
	changer->now_s = now_s;
	fs->now = (time_t)now_s;
	bd_free_blocks_init(&changer->blocks, fs);
	changer->blocks.is_shared = true;
	changer->blocks.wraps = is_draft;
	if (!is_draft)
		changer->blocks.free_in = changer->taken;
	fs->priv_data = changer;
	ext2fs_set_alloc_block_callback(fs, take_one, NULL);
	/* The copies of the superblock and of the group descriptors are as old as the kernel lets them become. */
	fs->flags |= EXT2_FLAG_MASTER_SB_ONLY;
	return 0;
}

void bd_changer_dispose(struct bd_changer *changer)
{
	if (changer->taken)
		ext2fs_free_block_bitmap(changer->taken);
	changer->taken = NULL;
	bd_name_index_free(changer->names);
	changer->names = NULL;
}
