/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts what is used in a filesystem, by its descriptors and its bitmaps. */
#include "inside/survey/filesystem.h"

#include <e2p/e2p.h>
#include <errno.h>
#include <ext2fs/ext2fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "ext3/error.h"
#include "ext3/filesystem.h"
#include "ext3/reader/fd_io.h"
#include "inside/survey/facts.h"
#include "inside/survey/frame.h"

#define RECORDS_PER_FRAME 4096u
#define PROGRESS_S 0.25 /* between two reports */

struct counting {
	ext2_filsys fs; /* owned */
	uint64_t start_bytes;
	const struct bd_data_ranges *data;
	struct bd_survey_filesystem result; /* groups and slices are owned */
	uint8_t *bitmap; /* a block; owned */
};

static void counting_dispose(struct counting *counting)
{
	bd_ext_close(&counting->fs);
	free(counting->result.groups);
	free(counting->result.slices);
	free(counting->bitmap);
}

/* --- blocks into slices ------------------------------------------------------------------------------------------- */

enum part { PART_USED, PART_METADATA, PART_JOURNAL };

/* What is not in the filesystem is passed over, and no slice gets more than it has blocks. */
static void add_blocks(struct counting *counting, enum part part, uint64_t block, uint64_t count)
{
	struct bd_survey_filesystem *result = &counting->result;
	uint64_t end;

	if (block < result->first_block || __builtin_add_overflow(block, count, &end) || end > result->blocks)
		return;
	while (block < end) {
		uint64_t at = block - result->first_block, in_group = at % result->blocks_per_group;
		uint64_t in_slice = in_group % result->slice_blocks;
		struct bd_survey_slice *slice =
			&result->slices[at / result->blocks_per_group * result->slices_per_group +
					in_group / result->slice_blocks];
		uint64_t some = slice->blocks - in_slice;
		if (some > end - block)
			some = end - block;
		uint32_t *sum = part == PART_USED	? &slice->used
				: part == PART_METADATA ? &slice->metadata
							: &slice->journal;
		*sum = *sum + some > slice->blocks ? slice->blocks : *sum + (uint32_t)some;
		block += some;
	}
}

static int make_slices(struct counting *counting, struct bd_error *err)
{
	struct bd_survey_filesystem *result = &counting->result;

	if (!bd_survey_cut(result->blocks, result->first_block, result->blocks_per_group, result->group_count,
			   &result->slice_blocks, &result->slices_per_group))
		return bd_fail(err, EFBIG, "it has %zu block groups, which do not fit its size or are too many",
			       result->group_count);
	result->slice_count = result->group_count * result->slices_per_group;
	result->groups = calloc(result->group_count, sizeof(*result->groups));
	result->slices = calloc(result->slice_count, sizeof(*result->slices));
	if (!result->groups || !result->slices)
		return bd_no_memory(err);
	for (size_t i = 0; i < result->slice_count; i++) {
		uint64_t group = i / result->slices_per_group;
		uint64_t in_group = i % result->slices_per_group * (uint64_t)result->slice_blocks;
		uint64_t begin = result->first_block + group * result->blocks_per_group + in_group;
		uint64_t left = result->blocks_per_group - in_group;
		if (begin >= result->blocks)
			left = 0;
		else if (left > result->blocks - begin)
			left = result->blocks - begin;
		result->slices[i].blocks = left < result->slice_blocks ? (uint32_t)left : result->slice_blocks;
	}
	return 0;
}

/* --- the bitmaps -------------------------------------------------------------------------------------------------- */

/* The first bit of that value from `at` on; end: there is none. */
static uint32_t find_bit(const uint8_t *bitmap, uint32_t at, uint32_t end, bool value)
{
	while (at < end) {
		if (at % 8 == 0 && end - at >= 8 && bitmap[at / 8] == (value ? 0x00 : 0xff))
			at += 8;
		else if ((bitmap[at / 8] >> at % 8 & 1) == value)
			return at;
		else
			at++;
	}
	return end;
}

static uint64_t free_data_bytes(const struct counting *counting, uint64_t block, uint64_t count)
{
	uint64_t begin = counting->start_bytes + block * counting->fs->blocksize;

	return counting->data ? bd_data_ranges_count(counting->data, begin, begin + count * counting->fs->blocksize)
			      : 0;
}

/* Of a group whose bitmap is at hand. */
static void count_bitmap(struct counting *counting, struct bd_survey_group *group)
{
	struct bd_survey_filesystem *result = &counting->result;
	uint32_t ratio = result->cluster_blocks, end = (group->blocks + ratio - 1) / ratio;

	if (end > 8 * result->block_bytes)
		end = 8 * result->block_bytes;
	for (uint32_t at = 0; at < end;) {
		uint32_t used = find_bit(counting->bitmap, at, end, true);
		uint32_t next = find_bit(counting->bitmap, used, end, false);
		if (used > at)
			result->free_data_bytes += free_data_bytes(
				counting, group->start_block + (uint64_t)at * ratio, (uint64_t)(used - at) * ratio);
		uint64_t first = (uint64_t)used * ratio, behind = (uint64_t)next * ratio;
		if (behind > group->blocks)
			behind = group->blocks;
		if (first < behind) {
			group->used_blocks += (uint32_t)(behind - first);
			add_blocks(counting, PART_USED, group->start_block + first, behind - first);
		}
		at = next;
	}
}

/* The bitmap of a group that has never been written (BLOCK_UNINIT): only metadata is in it. */
static void mark_own(struct counting *counting, const struct bd_survey_group *group, uint64_t block, uint64_t count)
{
	for (uint64_t i = block; i < block + count; i++)
		if (i >= group->start_block && i - group->start_block < group->blocks) {
			uint64_t bit = (i - group->start_block) / counting->result.cluster_blocks;
			if (bit / 8 < counting->result.block_bytes)
				counting->bitmap[bit / 8] |= (uint8_t)(1u << bit % 8);
		}
}

/* Where the superblock and the descriptors of a group lie, as ext2fs_reserve_super_and_bgd has it. */
struct own_blocks {
	uint64_t super, descriptors, descriptor_count, meta_descriptor;
	bool has_super;
};

static struct own_blocks find_own(ext2_filsys fs, dgrp_t number)
{
	struct own_blocks own = { 0 };
	blk64_t super, descriptors, meta_descriptor;

	ext2fs_super_and_bgd_loc2(fs, number, &super, &descriptors, &meta_descriptor, NULL);
	own.has_super = super || number == 0;
	own.super = super;
	own.descriptors = descriptors;
	own.meta_descriptor = meta_descriptor;
	own.descriptor_count = ext2fs_has_feature_meta_bg(fs->super)
				       ? fs->super->s_first_meta_bg
				       : (uint64_t)fs->desc_blocks + fs->super->s_reserved_gdt_blocks;
	return own;
}

static void each_own(struct counting *counting, dgrp_t number, const struct bd_survey_group *group, bool mark)
{
	ext2_filsys fs = counting->fs;
	struct own_blocks own = find_own(fs, number);
	const struct {
		uint64_t block, count;
	} pieces[] = {
		{ own.super, own.has_super },
		{ own.descriptors, own.descriptors ? own.descriptor_count : 0 },
		{ own.meta_descriptor, own.meta_descriptor ? 1 : 0 },
		{ ext2fs_block_bitmap_loc(fs, number), 1 },
		{ ext2fs_inode_bitmap_loc(fs, number), 1 },
		{ ext2fs_inode_table_loc(fs, number), fs->inode_blocks_per_group },
	};

	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		if (mark)
			mark_own(counting, group, pieces[i].block, pieces[i].count);
		else
			add_blocks(counting, PART_METADATA, pieces[i].block, pieces[i].count);
	}
}

/* False: it cannot be read, or is damaged. */
static bool read_bitmap(struct counting *counting, dgrp_t number, const struct bd_survey_group *group)
{
	ext2_filsys fs = counting->fs;
	uint64_t at = ext2fs_block_bitmap_loc(fs, number);

	if (ext2fs_has_group_desc_csum(fs) && ext2fs_bg_flags_test(fs, number, EXT2_BG_BLOCK_UNINIT)) {
		memset(counting->bitmap, 0, fs->blocksize);
		each_own(counting, number, group, true);
		return true;
	}
	return at >= counting->result.first_block && at < counting->result.blocks &&
	       io_channel_read_blk64(fs->io, at, 1, counting->bitmap) == 0 &&
	       ext2fs_block_bitmap_csum_verify(fs, number, (char *)counting->bitmap,
					       (int)(fs->super->s_clusters_per_group / 8));
}

static void count_group(struct counting *counting, dgrp_t number)
{
	struct bd_survey_filesystem *result = &counting->result;
	struct bd_survey_group *group = &result->groups[number];
	ext2_filsys fs = counting->fs;

	group->start_block = ext2fs_group_first_block2(fs, number);
	group->blocks = (uint32_t)(ext2fs_group_last_block2(fs, number) - group->start_block + 1);
	uint64_t free_blocks = (uint64_t)ext2fs_bg_free_blocks_count(fs, number) * result->cluster_blocks;
	group->free_blocks = free_blocks < group->blocks ? (uint32_t)free_blocks : group->blocks;
	group->free_inodes = ext2fs_bg_free_inodes_count(fs, number);
	group->directories = ext2fs_bg_used_dirs_count(fs, number);
	group->has_superblock = find_own(fs, number).has_super;
	each_own(counting, number, group, false);
	group->is_unreadable = !read_bitmap(counting, number, group);
	if (group->is_unreadable) {
		group->used_blocks = group->blocks - group->free_blocks;
		add_blocks(counting, PART_USED, group->start_block, group->used_blocks);
	} else {
		count_bitmap(counting, group);
	}
	result->used_blocks += group->used_blocks;
}

static int add_journal_block(ext2_filsys fs, blk64_t *block, e2_blkcnt_t count, blk64_t ref, int ref_offset,
			     void *context)
{
	(void)fs, (void)count, (void)ref, (void)ref_offset;
	add_blocks(context, PART_JOURNAL, *block, 1);
	return 0;
}

/* --- the superblock ----------------------------------------------------------------------------------------------- */

/* As tune2fs calls them, with blanks between them. */
static void list_features(const struct ext2_super_block *super, char *text, size_t size)
{
	const struct {
		int set;
		uint32_t bits;
	} words[] = { { E2P_FEATURE_COMPAT, super->s_feature_compat },
		      { E2P_FEATURE_INCOMPAT, super->s_feature_incompat },
		      { E2P_FEATURE_RO_INCOMPAT, super->s_feature_ro_compat } };
	size_t used = 0;

	for (size_t i = 0; i < 3 * 32; i++) {
		uint32_t bit = UINT32_C(1) << i % 32;
		if (!(words[i / 32].bits & bit))
			continue;
		int n = snprintf(text + used, size - used, "%s%s", used ? " " : "",
				 e2p_feature2string(words[i / 32].set, bit));
		if (n < 0 || (size_t)n >= size - used)
			break;
		used += (size_t)n;
	}
	text[used < size ? used : 0] = '\0';
}

static int64_t time_of(uint32_t low, uint8_t high)
{
	return (int64_t)((uint64_t)high << 32 | low);
}

static void take_journal(ext2_filsys fs, struct bd_survey_filesystem *result)
{
	struct ext2_super_block *super = fs->super;
	struct ext2_inode inode;

	if (!ext2fs_has_feature_journal(super))
		return;
	result->journal = super->s_journal_inum ? BD_SURVEY_JOURNAL : BD_SURVEY_JOURNAL_DEVICE;
	if (super->s_journal_inum && ext2fs_read_inode(fs, super->s_journal_inum, &inode) == 0)
		result->journal_bytes = EXT2_I_SIZE(&inode);
}

static void take_superblock(ext2_filsys fs, struct bd_survey_filesystem *result)
{
	struct ext2_super_block *super = fs->super;

	snprintf(result->label, sizeof(result->label), "%.*s", (int)sizeof(super->s_volume_name),
		 (const char *)super->s_volume_name);
	snprintf(result->last_mounted, sizeof(result->last_mounted), "%.*s", (int)sizeof(super->s_last_mounted),
		 (const char *)super->s_last_mounted);
	list_features(super, result->features, sizeof(result->features));
	memcpy(result->uuid, super->s_uuid, sizeof(result->uuid));
	result->block_bytes = fs->blocksize;
	result->inode_bytes = (uint32_t)EXT2_INODE_SIZE(super);
	result->blocks_per_group = super->s_blocks_per_group;
	result->inodes_per_group = super->s_inodes_per_group;
	result->cluster_blocks = (uint32_t)EXT2FS_CLUSTER_RATIO(fs);
	result->blocks = ext2fs_blocks_count(super);
	result->free_blocks = ext2fs_free_blocks_count(super);
	result->reserved_blocks = ext2fs_r_blocks_count(super);
	result->first_block = super->s_first_data_block;
	result->inodes = super->s_inodes_count;
	result->free_inodes = super->s_free_inodes_count;
	result->mount_count = super->s_mnt_count;
	result->made = time_of(super->s_mkfs_time, super->s_mkfs_time_hi);
	result->mounted = time_of(super->s_mtime, super->s_mtime_hi);
	result->written = time_of(super->s_wtime, super->s_wtime_hi);
	result->checked = time_of(super->s_lastcheck, super->s_lastcheck_hi);
	result->errors = super->s_error_count;
	result->group_count = fs->group_desc_count;
	take_journal(fs, result);
}

/* One that claims to be larger than its image is looked at as well: what it claims is what one wants to know. State and journal
 * are as they are on the disk; all else is as it will be once the journal has been replayed, as far as it can be. */
static int open_filesystem(int fd, uint64_t start_bytes, struct counting *counting, struct bd_error *err)
{
	static const enum bd_survey_state states[] = { [BD_EXT_CLEAN] = BD_SURVEY_CLEAN,
						       [BD_EXT_NOT_UNMOUNTED] = BD_SURVEY_NOT_UNMOUNTED,
						       [BD_EXT_HAS_ERRORS] = BD_SURVEY_HAS_ERRORS };
	struct bd_error not_replayed = BD_ERROR_INIT;

	if (bd_ext_open_fd(fd, start_bytes, UINT64_MAX, &counting->fs, err) != 0)
		return -1;
	counting->result.state = states[bd_ext_state(counting->fs)];
	counting->result.needs_recovery = ext2fs_has_feature_journal_needs_recovery(counting->fs->super);
	if (!counting->result.needs_recovery)
		return 0;
	bd_ext_close(&counting->fs);
	return bd_ext_open_fd_replayed(fd, start_bytes, UINT64_MAX, &counting->fs, &not_replayed, err);
}

/* --- what is sent ------------------------------------------------------------------------------------------------- */

static void send_superblock(struct bd_frame_writer *writer, const struct bd_survey_filesystem *result)
{
	bd_frame_begin(writer, (enum bd_frame_kind)BD_SURVEY_FRAME_FILESYSTEM);
	bd_frame_put32(writer, (uint32_t)result->partition);
	bd_frame_put64(writer, result->start_bytes);
	bd_frame_put64(writer, result->room_bytes);
	bd_frame_put_text(writer, result->type);
	bd_frame_put_text(writer, result->label);
	bd_frame_put_text(writer, result->last_mounted);
	bd_frame_put_text(writer, result->features);
	bd_frame_put_bytes(writer, result->uuid, sizeof(result->uuid));
	bd_frame_put32(writer, result->block_bytes);
	bd_frame_put32(writer, result->inode_bytes);
	bd_frame_put32(writer, result->blocks_per_group);
	bd_frame_put32(writer, result->inodes_per_group);
	bd_frame_put32(writer, result->cluster_blocks);
	bd_frame_put64(writer, result->blocks);
	bd_frame_put64(writer, result->free_blocks);
	bd_frame_put64(writer, result->reserved_blocks);
	bd_frame_put64(writer, result->first_block);
	bd_frame_put32(writer, result->inodes);
	bd_frame_put32(writer, result->free_inodes);
	bd_frame_put32(writer, result->mount_count);
	bd_frame_put64(writer, (uint64_t)result->made);
	bd_frame_put64(writer, (uint64_t)result->mounted);
	bd_frame_put64(writer, (uint64_t)result->written);
	bd_frame_put64(writer, (uint64_t)result->checked);
	bd_frame_put32(writer, result->state);
	bd_frame_put32(writer, result->errors);
	bd_frame_put32(writer, result->journal);
	bd_frame_put64(writer, result->journal_bytes);
	bd_frame_put32(writer, result->needs_recovery);
	bd_frame_put32(writer, (uint32_t)result->group_count);
	bd_frame_end(writer);
}

/* Goes at once: the bitmaps of a large filesystem on a slow disk take seconds. */
static void send_progress(struct bd_frame_writer *writer, uint64_t done_bytes, uint64_t total_bytes)
{
	bd_frame_begin(writer, BD_FRAME_PROGRESS);
	bd_frame_put64(writer, done_bytes);
	bd_frame_put64(writer, total_bytes);
	bd_frame_end(writer);
	bd_frame_flush(writer);
}

static void send_groups(struct bd_frame_writer *writer, const struct bd_survey_filesystem *result)
{
	for (size_t i = 0; i < result->group_count; i++) {
		const struct bd_survey_group *group = &result->groups[i];
		if (i % RECORDS_PER_FRAME == 0)
			bd_frame_begin(writer, (enum bd_frame_kind)BD_SURVEY_FRAME_GROUPS);
		bd_frame_put32(writer, group->free_blocks);
		bd_frame_put32(writer, group->free_inodes);
		bd_frame_put32(writer, group->directories);
		bd_frame_put32(writer, group->used_blocks);
		bd_frame_put32(writer, (group->has_superblock ? BD_SURVEY_GROUP_HAS_SUPERBLOCK : 0) |
					       (group->is_unreadable ? BD_SURVEY_GROUP_IS_UNREADABLE : 0));
		if ((i + 1) % RECORDS_PER_FRAME == 0 || i + 1 == result->group_count)
			bd_frame_end(writer);
	}
}

static void send_slices(struct bd_frame_writer *writer, const struct bd_survey_filesystem *result)
{
	for (size_t i = 0; i < result->slice_count; i++) {
		const struct bd_survey_slice *slice = &result->slices[i];
		if (i % RECORDS_PER_FRAME == 0)
			bd_frame_begin(writer, (enum bd_frame_kind)BD_SURVEY_FRAME_SLICES);
		bd_frame_put32(writer, slice->used);
		bd_frame_put32(writer, slice->metadata);
		bd_frame_put32(writer, slice->journal);
		if ((i + 1) % RECORDS_PER_FRAME == 0 || i + 1 == result->slice_count)
			bd_frame_end(writer);
	}
}

int bd_survey_filesystem(int fd, const struct bd_partition *partition, const struct bd_data_ranges *data,
			 struct bd_frame_writer *writer, struct bd_error *err)
{
	BD_DISPOSE(counting_dispose)
	struct counting counting = { .start_bytes = partition->offset_bytes, .data = data };
	struct bd_survey_filesystem *result = &counting.result;

	if (open_filesystem(fd, partition->offset_bytes, &counting, err) != 0)
		return -1;
	result->partition = partition->number;
	result->start_bytes = partition->offset_bytes;
	result->room_bytes = partition->size_bytes;
	snprintf(result->type, sizeof(result->type), "%s", partition->type);
	take_superblock(counting.fs, result);
	counting.bitmap = malloc(counting.fs->blocksize);
	if (!counting.bitmap)
		return bd_no_memory(err);
	if (make_slices(&counting, err) != 0)
		return -1;
	double reported = bd_clock_s();
	for (dgrp_t i = 0; i < counting.fs->group_desc_count; i++) {
		count_group(&counting, i);
		if (bd_clock_s() - reported > PROGRESS_S) {
			send_progress(writer, (i + 1) * (uint64_t)result->block_bytes,
				      result->group_count * (uint64_t)result->block_bytes);
			reported = bd_clock_s();
		}
	}
	if (result->journal == BD_SURVEY_JOURNAL)
		ext2fs_block_iterate3(counting.fs, counting.fs->super->s_journal_inum, BLOCK_FLAG_READ_ONLY, NULL,
				      add_journal_block, &counting);
	send_superblock(writer, result);
	send_groups(writer, result);
	send_slices(writer, result);
	bd_frame_begin(writer, (enum bd_frame_kind)BD_SURVEY_FRAME_FREE_DATA);
	bd_frame_put64(writer, result->free_data_bytes);
	bd_frame_end(writer);
	return 0;
}
