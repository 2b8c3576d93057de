/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Creates an empty ext3 as mke2fs does. The order of the steps determines the layout; it is that of mke2fs. */
#include "ext3/writer/empty.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "ext3/error.h"

/* Debian's mke2fs.conf: [defaults], and the types that mke2fs derives from the size. */
static const struct size_class {
	uint64_t below_kib;
	uint32_t block_size, inode_ratio;
} size_classes[] = {
	{ 512u * 1024, 1024, 4096 }, /* "small" */
	{ UINT64_C(4) * 1024 * 1024 * 1024, 4096, 16384 }, /* [defaults] */
	{ UINT64_MAX, 4096, 32768 }, /* "big" */
};

#define INODE_SIZE 256
#define RESERVED_PERCENT 5
#define LOG_GROUPS_PER_FLEX 4 /* mke2fs' default: 16 groups */

static const struct size_class *class_of(uint64_t size_bytes)
{
	const struct size_class *class = size_classes;
	while (size_bytes / 1024 >= class->below_kib)
		class ++;
	return class;
}

/* mke2fs.conf's of Debian 11 and 12 for ext4. The later metadata_csum_seed and orphan_file are left out: what reads the disk
 * before the guest's kernel does, pygrub's libext2fs and GRUB 2.06, refuses the former, and the latter takes Linux 5.15. */
static void add_ext4_features(struct ext2_super_block *super)
{
	super->s_feature_incompat |=
		EXT3_FEATURE_INCOMPAT_EXTENTS | EXT4_FEATURE_INCOMPAT_64BIT | EXT4_FEATURE_INCOMPAT_FLEX_BG;
	super->s_feature_ro_compat |= EXT4_FEATURE_RO_COMPAT_HUGE_FILE | EXT4_FEATURE_RO_COMPAT_DIR_NLINK |
				      EXT4_FEATURE_RO_COMPAT_EXTRA_ISIZE | EXT4_FEATURE_RO_COMPAT_METADATA_CSUM;
	super->s_log_groups_per_flex = LOG_GROUPS_PER_FLEX;
}

int bd_ext3_choose(const struct bd_ext3_params *params, struct ext2_super_block *super_out, struct bd_error *err)
{
	if (params->size_bytes < BD_EXT3_MIN_BYTES)
		return bd_no_room(err, "an ext3 filesystem needs at least %u MiB, the partition has %llu KiB",
				  BD_EXT3_MIN_BYTES >> 20, (unsigned long long)params->size_bytes >> 10);

	const struct size_class *class = class_of(params->size_bytes);
	uint32_t block_size = params->block_size ? params->block_size : class->block_size;
	if (block_size != 1024 && block_size != 2048 && block_size != 4096)
		return bd_fail(err, EINVAL, "ext3 has blocks of 1024, 2048 or 4096 bytes, not of %u", block_size);
	uint64_t block_count = params->size_bytes / block_size;
	if (block_count > UINT32_MAX)
		return bd_fail(err, EFBIG,
			       "an ext3 filesystem of %u-byte blocks ends at %llu GiB, the partition has %llu GiB",
			       block_size, ((unsigned long long)UINT32_MAX * block_size) >> 30,
			       (unsigned long long)params->size_bytes >> 30);

	struct ext2_super_block super = { .s_rev_level = EXT2_DYNAMIC_REV, .s_inode_size = INODE_SIZE };
	for (uint32_t size = block_size; size > EXT2_MIN_BLOCK_SIZE; size /= 2)
		super.s_log_block_size++;
	super.s_log_cluster_size = super.s_log_block_size;
	super.s_feature_compat = EXT3_FEATURE_COMPAT_HAS_JOURNAL | EXT2_FEATURE_COMPAT_EXT_ATTR |
				 EXT2_FEATURE_COMPAT_RESIZE_INODE | EXT2_FEATURE_COMPAT_DIR_INDEX;
	super.s_feature_incompat = EXT2_FEATURE_INCOMPAT_FILETYPE;
	super.s_feature_ro_compat = EXT2_FEATURE_RO_COMPAT_SPARSE_SUPER | EXT2_FEATURE_RO_COMPAT_LARGE_FILE;
	if (params->type == BD_FS_EXT4)
		add_ext4_features(&super);
	super.s_default_mount_opts = EXT2_DEFM_ACL | EXT2_DEFM_XATTR_USER;
	ext2fs_blocks_count_set(&super, block_count);
	ext2fs_r_blocks_count_set(&super, block_count * RESERVED_PERCENT / 100);
	super.s_inodes_count = (uint32_t)(block_count * block_size / class->inode_ratio);
	*super_out = super;
	return 0;
}

static void fill_superblock(ext2_filsys fs, const struct bd_ext3_params *params)
{
	struct ext2_super_block *super = fs->super;
	super->s_mkfs_time = super->s_lastcheck = (uint32_t)fs->now;
	super->s_max_mnt_count = -1; /* no check by mount count */
	super->s_def_hash_version = EXT2_HASH_HALF_MD4;
	memcpy(super->s_uuid, params->uuid, sizeof(super->s_uuid));
	memcpy(super->s_hash_seed, params->hash_seed, sizeof(super->s_hash_seed));
	memcpy(super->s_volume_name, params->label, strnlen(params->label, sizeof(super->s_volume_name)));
	if (params->type != BD_FS_EXT4)
		return;
	super->s_kbytes_written = 1;
	super->s_checksum_type = EXT2_CRC32C_CHKSUM;
	ext2fs_init_csum_seed(fs);
}

static errcode_t allocate_tables(ext2_filsys fs)
{
	errcode_t ec = ext2fs_allocate_tables(fs);
	/* The tables are zeros for certain, in a file as on a disk that mke2fs could discard. */
	for (dgrp_t group = 0; !ec && group < fs->group_desc_count; group++) {
		ext2fs_bg_flags_set(fs, group, EXT2_BG_INODE_ZEROED);
		ext2fs_group_desc_csum_set(fs, group);
	}
	return ec;
}

/* Empty ones, but for their checksums. */
static errcode_t write_reserved_inodes(ext2_filsys fs)
{
	struct ext2_inode_large inode = { 0 };
	errcode_t ec = 0;

	for (ext2_ino_t ino = 1; !ec && ino < EXT2_FIRST_INO(fs->super); ino++)
		ec = ext2fs_write_inode_full(fs, ino, (struct ext2_inode *)(void *)&inode, sizeof(inode));
	return ec;
}

static errcode_t make_lost_and_found(ext2_filsys fs)
{
	fs->umask = 077;
	errcode_t ec = ext2fs_mkdir(fs, EXT2_ROOT_INO, 0, "lost+found");
	ext2_ino_t ino = EXT2_FIRST_INO(fs->super);
	/* Blocks in advance, so that e2fsck can link files into it when none are free: 16 KiB or 12 of them. */
	for (uint32_t blocks = 1; !ec && blocks < EXT2_NDIR_BLOCKS && blocks * fs->blocksize < 16 * 1024; blocks++)
		ec = ext2fs_expand_dir(fs, ino);
	return ec;
}

static errcode_t make_first_inodes(ext2_filsys fs)
{
	errcode_t ec = ext2fs_has_feature_metadata_csum(fs->super) ? write_reserved_inodes(fs) : 0;
	if (!ec)
		ec = ext2fs_mkdir(fs, EXT2_ROOT_INO, EXT2_ROOT_INO, NULL);
	if (!ec)
		ec = make_lost_and_found(fs);
	if (ec)
		return ec;

	for (ext2_ino_t ino = EXT2_ROOT_INO + 1; ino < EXT2_FIRST_INO(fs->super); ino++)
		ext2fs_inode_alloc_stats2(fs, ino, +1, 0);
	ext2fs_inode_alloc_stats2(fs, EXT2_BAD_INO, +1, 0);
	return ext2fs_update_bb_inode(fs, NULL);
}

static errcode_t write_journal_superblock(ext2_filsys fs, uint32_t block_count, uint32_t at_block)
{
	char *journal = NULL;
	errcode_t ec = ext2fs_create_journal_superblock(fs, block_count, 0, &journal);
	if (!ec)
		ec = io_channel_write_blk64(fs->io, at_block, 1, journal);
	ext2fs_free_mem(&journal);
	return ec;
}

static errcode_t write_journal_inode(ext2_filsys fs, struct ext2_inode *inode)
{
	inode->i_mode = LINUX_S_IFREG | 0600;
	inode->i_links_count = 1;
	inode->i_mtime = inode->i_ctime = (uint32_t)fs->now;
	errcode_t ec = ext2fs_write_new_inode(fs, EXT2_JOURNAL_INO, inode);
	if (ec)
		return ec;

	/* The superblock keeps a copy of the journal's map, for e2fsck. */
	struct ext2_super_block *super = fs->super;
	super->s_journal_inum = EXT2_JOURNAL_INO;
	memcpy(super->s_jnl_blocks, inode->i_block, sizeof(inode->i_block));
	super->s_jnl_blocks[15] = inode->i_size_high;
	super->s_jnl_blocks[16] = inode->i_size;
	super->s_jnl_backup_type = EXT3_JNL_BACKUP_BLOCKS;
	return 0;
}

/* ext2fs_fallocate does the same block by block. */
static errcode_t map_journal(ext2_filsys fs, uint32_t block_count, struct bd_free_blocks *blocks,
			     struct ext2_inode *inode)
{
	BD_DISPOSE(bd_block_map_dispose) struct bd_block_map map;
	bd_block_map_init(&map, blocks);
	errcode_t ec = 0;
	for (uint64_t done = 0; !ec && done < block_count;) {
		blk64_t first, count = 0;
		ec = bd_block_map_extend(&map, done, block_count - done, &first, &count);
		done += count;
	}
	if (!ec)
		ec = bd_block_map_finish(&map);
	memcpy(inode->i_block, map.i_block, sizeof(inode->i_block));
	return ec ? ec : ext2fs_iblk_set(fs, inode, map.block_count);
}

/* As mke2fs' get_midp_journal_block(): with flex_bg it is in the middle, where the first of its groups has room. */
static blk64_t journal_goal(ext2_filsys fs)
{
	blk64_t span = ext2fs_blocks_count(fs->super) - fs->super->s_first_data_block;
	dgrp_t group = ext2fs_group_of_blk2(fs, span / 2), flex = 1u << fs->super->s_log_groups_per_flex;
	dgrp_t start = group ? group - 1 : 0, end;

	if (group > flex) {
		group &= ~(flex - 1);
		while (group < fs->group_desc_count && !ext2fs_bg_free_blocks_count(fs, group))
			group++;
		start = group = group == fs->group_desc_count ? 0 : group;
	}
	end = group + 1 < fs->group_desc_count ? group + 1 : group;
	group = start;
	for (dgrp_t i = start + 1; i <= end; i++)
		if (ext2fs_bg_free_blocks_count(fs, i) > ext2fs_bg_free_blocks_count(fs, group))
			group = i;
	return ext2fs_group_first_block2(fs, group);
}

static errcode_t map_journal_extents(ext2_filsys fs, uint32_t block_count, struct ext2_inode *inode)
{
	inode->i_flags |= EXT4_EXTENTS_FL;
	return ext2fs_fallocate(fs, EXT2_FALLOCATE_FORCE_INIT, EXT2_JOURNAL_INO, inode, journal_goal(fs), 0,
				block_count);
}

/* ext2fs_add_journal_inode does the same, but writes zeros into all of it or looks whether the file is mounted. */
static errcode_t make_journal(ext2_filsys fs, uint32_t block_count, struct bd_free_blocks *blocks)
{
	struct ext2_inode inode = { 0 };
	errcode_t ec = ext2fs_inode_size_set(fs, &inode, (ext2_off64_t)block_count * fs->blocksize);
	blk64_t first;

	if (!ec)
		ec = ext2fs_has_feature_extents(fs->super) ? map_journal_extents(fs, block_count, &inode)
							   : map_journal(fs, block_count, blocks, &inode);
	if (!ec)
		ec = write_journal_inode(fs, &inode);
	if (!ec)
		ec = ext2fs_bmap2(fs, EXT2_JOURNAL_INO, &inode, NULL, 0, 0, NULL, &first);
	return ec ? ec : write_journal_superblock(fs, block_count, (uint32_t)first);
}

int bd_ext3_make_empty(ext2_filsys fs, const struct bd_ext3_params *params, struct bd_free_blocks *blocks,
		       struct bd_error *err)
{
	fill_superblock(fs, params);
	errcode_t ec = allocate_tables(fs);
	blk64_t table_blocks = ext2fs_blocks_count(fs->super) - ext2fs_free_blocks_count(fs->super);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot lay out the group tables of the filesystem");
	ec = make_first_inodes(fs);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot make the filesystem's first directories");
	ec = ext2fs_create_resize_inode(fs);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot make the filesystem's resize inode");

	struct ext2_super_block *super = fs->super;
	int journal_blocks = ext2fs_default_journal_size(ext2fs_blocks_count(super));
	if (journal_blocks < 0)
		return bd_no_room(err, "the partition is too small for a journal");
	bd_free_blocks_init(blocks, fs);
	ec = make_journal(fs, (uint32_t)journal_blocks, blocks);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot make the journal");
	super->s_overhead_clusters = (uint32_t)table_blocks + (uint32_t)journal_blocks; /* for statfs */
	return 0;
}
