/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What table, superblocks and image say of each other's sizes and places, and who is lying where they differ. */
#include "ops/check/check_layout.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "disk/data_ranges.h"
#include "disk/ext_partition.h"
#include "disk/mbr.h"
#include "ext3/format.h"
#include "ops/check/check_gpt.h"
#include "ops/check/check_logical.h"

#define NOTHING "nothing recognised"

/* An entry that can be written anew: a primary one of an MBR. */
static bool has_slot(const struct check_disk *disk, int partition)
{
	return disk->survey.table == BD_SURVEY_MBR && partition >= 1 && partition <= BD_MBR_PARTITIONS;
}

static uint64_t filesystem_bytes(const struct bd_survey_filesystem *filesystem)
{
	return filesystem->blocks * filesystem->block_bytes;
}

static void set_entry(const struct check_disk *disk, struct finding *finding, uint64_t start_bytes, uint64_t bytes)
{
	if (!finding || !has_slot(disk, finding->partition))
		return;
	finding->repair = FINDING_REPAIR_ENTRY;
	finding->first = start_bytes / BD_SECTOR_BYTES;
	finding->second = (bytes + BD_SECTOR_BYTES - 1) / BD_SECTOR_BYTES;
}

static const struct bd_examine_superblock *superblock_at(const struct check_disk *disk, uint64_t start_bytes)
{
	for (size_t i = 0; i < disk->examine.superblock_count; i++)
		if (disk->examine.superblocks[i].start_bytes == start_bytes &&
		    disk->examine.superblocks[i].partition >= 0)
			return &disk->examine.superblocks[i];
	return NULL;
}

/* --- the table ---------------------------------------------------------------------------------------------------- */

static int check_outside(const struct check_disk *disk, const struct bd_survey_region *region,
			 struct findings *findings, struct bd_error *err)
{
	const struct bd_survey_filesystem *filesystem = check_disk_filesystem(disk, region->number);
	uint64_t size = disk->survey.size_bytes, end = region->start_bytes + region->size_bytes;
	char behind[32];

	bd_format_size(end - size, behind, sizeof(behind));
	struct finding *finding =
		findings_add(findings, "partition-outside-image", FINDING_PROBLEM, region->number, err,
			     "partition %d ends %s past the end of the image", region->number, behind);
	if (filesystem && region->start_bytes + filesystem_bytes(filesystem) <= size) {
		set_entry(disk, finding, region->start_bytes,
			  size / BD_SECTOR_BYTES * BD_SECTOR_BYTES - region->start_bytes);
		return finding_advise(
			finding, err,
			"its filesystem ends within the image, so it is the table that is lying: end the partition at the "
			"end of the image");
	}
	return finding_advise(
		finding, err,
		"the image was cut off, or the table is that of a larger disk: restore the image, or extend it: "
		"truncate -s %" PRIu64,
		end);
}

static int check_overlap(const struct check_disk *disk, const struct bd_survey_region *region,
			 const struct bd_survey_region *under, struct findings *findings, struct bd_error *err)
{
	const struct bd_survey_filesystem *filesystem = check_disk_filesystem(disk, under->number);
	struct finding *finding;

	if (!check_disk_is_partition(under))
		return finding_advise(
			findings_add(findings, "partition-over-table", FINDING_PROBLEM, region->number, err,
				     "partition %d begins within the partition table or the boot loader",
				     region->number),
			err, "correct its start with sfdisk, or restore the table from a dump");
	finding = findings_add(findings, "partitions-overlap", FINDING_PROBLEM, under->number, err,
			       "partition %d begins before partition %d ends", region->number, under->number);
	if (filesystem && region->start_bytes > under->start_bytes &&
	    under->start_bytes + filesystem_bytes(filesystem) <= region->start_bytes) {
		set_entry(disk, finding, under->start_bytes, region->start_bytes - under->start_bytes);
		return finding_advise(
			finding, err,
			"the filesystem of partition %d ends before that, so it is the table that is lying: end the "
			"partition there",
			under->number);
	}
	return finding_advise(
		finding, err,
		"do not start the guest: writing to one of them damages the other; correct the table with sfdisk, "
		"from a dump or by what the partitions contain");
}

/* An area for swapping that is a filesystem would be overwritten. */
static int check_type(const struct bd_survey_region *region, struct findings *findings, struct bd_error *err)
{
	bool is_swap_type = region->mbr_type == BD_MBR_TYPE_SWAP, has_nothing = strcmp(region->content, NOTHING) == 0;

	if (!is_swap_type || region->kind == BD_SURVEY_SWAP)
		return 0;
	if (has_nothing)
		return finding_advise(
			findings_add(findings, "swap-area-missing", FINDING_WARNING, region->number, err,
				     "partition %d has the type of swap space, but contains none", region->number),
			err, "run mkswap on it in the guest, with the UUID from /etc/fstab: mkswap -U UUID");
	return finding_advise(findings_add(findings, "partition-type-wrong", FINDING_PROBLEM, region->number, err,
					   "partition %d has the type of swap space, but contains %s", region->number,
					   region->content),
			      err, "set its type to Linux: sfdisk --part-type IMAGE %d 83", region->number);
}

static int check_gaps(const struct check_disk *disk, struct findings *findings, struct bd_error *err)
{
	for (size_t i = 0; i < disk->examine.superblock_count; i++) {
		const struct bd_examine_superblock *lost = &disk->examine.superblocks[i];
		uint64_t bytes = lost->blocks * lost->block_bytes, start = lost->start_bytes / BD_SECTOR_BYTES;
		char size[32];
		/* One that reaches further is what is left of an earlier table. */
		if (lost->partition >= 0 || bytes > lost->gap_bytes + lost->gap_size_bytes - lost->start_bytes)
			continue;
		bd_format_size(bytes, size, sizeof(size));
		if (finding_advise(
			    findings_add(findings, "gap-has-filesystem", FINDING_PROBLEM, 0, err,
					 "no partition covers sector %" PRIu64
					 ", but a superblock there says that a filesystem of %s begins: one of the "
					 "two is lying",
					 start, size),
			    err,
			    "if it is wanted, add a partition with sfdisk -a: start=%" PRIu64 ", size=%" PRIu64
			    ", type=%s; else erase its superblock: dd if=/dev/zero of='%s' bs=512 seek=%" PRIu64
			    " count=2 conv=notrunc",
			    start, bytes / BD_SECTOR_BYTES, disk->survey.table == BD_SURVEY_GPT ? "linux" : "83",
			    disk->place->image, start + BD_EXT_SUPERBLOCK_START_BYTES / BD_SECTOR_BYTES) != 0)
			return -1;
	}
	return 0;
}

/* A further disk that its guest has not used yet. */
static int is_blank(const struct check_disk *disk, bool *blank_out, struct bd_error *err)
{
	BD_DISPOSE(bd_data_ranges_dispose) struct bd_data_ranges ranges = { 0 };

	*blank_out = false;
	if (!disk->cfg || disk->is_first || !disk->survey.size_bytes)
		return 0;
	if (bd_data_ranges_read(disk->place->fd, disk->survey.size_bytes, &ranges, err) != 0)
		return -1;
	*blank_out = ranges.is_known && !ranges.data_bytes;
	return 0;
}

static int check_absent(const struct check_disk *disk, struct findings *findings, struct bd_error *err)
{
	const struct bd_survey_region *whole = disk->survey.region_count ? &disk->survey.regions[0] : NULL;
	struct finding *finding;
	bool blank;

	if (disk->survey.filesystem_count || (whole && strcmp(whole->content, NOTHING) != 0))
		return 0;
	if (disk->examine.table_end_lba > disk->survey.size_bytes / BD_SECTOR_BYTES)
		return finding_advise(
			findings_add(findings, "partition-outside-image", FINDING_PROBLEM, 0, err,
				     "its partition table is that of a disk of %" PRIu64
				     " sectors, and the image has only %" PRIu64 ": it was cut off",
				     disk->examine.table_end_lba, disk->survey.size_bytes / BD_SECTOR_BYTES),
			err,
			"restore the image from a backup; or extend it, with zeros for what is lost: truncate -s %" PRIu64
			", then check it again",
			disk->examine.table_end_lba * BD_SECTOR_BYTES);
	if (disk->examine.has_hidden_gpt || !disk->examine.lacks_protective_mbr)
		return check_hidden_gpt(disk, findings, err);
	if (disk->examine.lacks_magic) {
		finding = findings_add(
			findings, "table-magic-missing", FINDING_PROBLEM, 0, err,
			"the boot sector does not end with the signature 55 AA, so its partition table is "
			"not recognised");
		if (finding)
			finding->repair = FINDING_REPAIR_MAGIC;
		return finding_advise(finding, err, "write the signature, as the entries of the table are plausible");
	}
	if (is_blank(disk, &blank, err) != 0)
		return -1;
	return blank || superblock_at(disk, 0)
		       ? 0
		       : finding_advise(
				 findings_add(findings, "nothing-recognised", FINDING_PROBLEM, 0, err,
					      disk->survey.size_bytes
						      ? "no partition table and no filesystem is recognised in it"
						      : "the image is empty (0 bytes)"),
				 err, "restore it from a backup, or search for lost partitions with testdisk");
}

int check_table(const struct check_disk *disk, struct findings *findings, struct bd_error *err)
{
	const struct bd_survey *survey = &disk->survey;
	const struct bd_survey_region *reaching = NULL; /* the one that ends last of those before */

	if (survey->table == BD_SURVEY_NO_TABLE)
		return check_absent(disk, findings, err);
	if ((survey->table == BD_SURVEY_GPT ? check_gpt(disk, findings, err)
					    : check_hidden_gpt(disk, findings, err)) != 0 ||
	    check_logical(disk, findings, err) != 0)
		return -1;
	for (size_t i = 0; i < survey->region_count; i++) {
		const struct bd_survey_region *region = &survey->regions[i];
		if (region->kind == BD_SURVEY_UNUSED)
			continue;
		if (check_disk_is_partition(region) &&
		    ((region->is_outside && check_outside(disk, region, findings, err) != 0) ||
		     (region->overlaps && reaching && check_overlap(disk, region, reaching, findings, err) != 0) ||
		     check_type(region, findings, err) != 0))
			return -1;
		if (!reaching ||
		    region->start_bytes + region->size_bytes > reaching->start_bytes + reaching->size_bytes)
			reaching = region;
	}
	return check_gaps(disk, findings, err);
}

/* --- superblocks -------------------------------------------------------------------------------------------------- */

#define LIE "either the partition table or the filesystem's superblock is lying"

/* Where what comes behind a filesystem begins. */
static uint64_t room_end(const struct check_disk *disk, const struct bd_survey_filesystem *filesystem)
{
	uint64_t end = disk->survey.size_bytes;

	for (size_t i = 0; i < disk->survey.region_count; i++) {
		const struct bd_survey_region *region = &disk->survey.regions[i];
		if (region->kind != BD_SURVEY_UNUSED && region->start_bytes > filesystem->start_bytes &&
		    region->start_bytes < end)
			end = region->start_bytes;
	}
	return end;
}

/* The end that partitions have: at a cylinder, or at a MiB, where there is room for it. */
static uint64_t round_end(const struct check_disk *disk, uint64_t end, uint64_t limit)
{
	uint64_t unit = BD_ALIGNMENT_SECTORS * BD_SECTOR_BYTES;

	for (size_t i = 0; i < disk->survey.region_count; i++)
		if (check_disk_is_partition(&disk->survey.regions[i]) &&
		    disk->survey.regions[i].start_bytes == BD_CHS_SECTORS * BD_SECTOR_BYTES)
			unit = (uint64_t)BD_CYLINDER_SECTORS * BD_SECTOR_BYTES;
	uint64_t rounded = (end + unit - 1) / unit * unit;
	return rounded <= limit ? rounded : end;
}

static bool copy_says_other(const struct bd_examine_superblock *superblock, uint64_t blocks, uint64_t room_bytes)
{
	return superblock && superblock->has_copy && superblock->copy_blocks != blocks &&
	       superblock->copy_blocks * superblock->copy_block_bytes <= room_bytes;
}

static int blame_superblock(const struct check_disk *disk, struct finding *finding,
			    const struct bd_examine_superblock *superblock, struct bd_error *err)
{
	if (!check_disk_is_own(disk, superblock->start_bytes, superblock->copy_blocks * superblock->copy_block_bytes))
		return finding_advise(
			finding, err,
			"its backup in block %" PRIu64
			" is of a filesystem that has a part outside of the partition, or in another one, too: correct the "
			"table first, with sfdisk, from a dump or by what the partitions contain",
			superblock->copy_at_block);
	if (finding) {
		finding->repair = FINDING_REPAIR_FSCK_COPY;
		finding->first = superblock->start_bytes;
		finding->second = superblock->copy_at_block;
		finding->third = superblock->copy_block_bytes;
	}
	return finding_advise(finding, err,
			      "its backup in block %" PRIu64
			      " fits, so it is the superblock that is lying: e2fsck -f -b %" PRIu64 " -B %" PRIu32
			      " '%s?offset=%" PRIu64 "'",
			      superblock->copy_at_block, superblock->copy_at_block, superblock->copy_block_bytes,
			      disk->place->image, superblock->start_bytes);
}

/* The superblock's size is right: its copy says the same, or there is none and e2fsck finds nothing wrong by it. */
static bool superblock_is_sure(const struct check_disk *disk, const struct bd_survey_filesystem *filesystem,
			       const struct bd_examine_superblock *superblock)
{
	const struct check_fsck_result *fsck = &disk->fscks[filesystem - disk->survey.filesystems];

	if (superblock && superblock->has_copy)
		return superblock->copy_blocks == filesystem->blocks;
	return fsck->state == CHECK_FSCK_DONE && fsck->verdict.status == 0;
}

static int check_larger(const struct check_disk *disk, const struct bd_survey_filesystem *filesystem,
			struct findings *findings, struct bd_error *err)
{
	const struct bd_examine_superblock *superblock = superblock_at(disk, filesystem->start_bytes);
	uint64_t bytes = filesystem_bytes(filesystem), end = filesystem->start_bytes + bytes;
	uint64_t limit = room_end(disk, filesystem);
	bool is_cut = end > disk->survey.size_bytes;
	char is[32], room[32];

	bd_format_size(bytes, is, sizeof(is));
	bd_format_size(filesystem->partition ? filesystem->room_bytes : disk->survey.size_bytes, room, sizeof(room));
	struct finding *finding =
		filesystem->partition
			? findings_add(
				  findings, "filesystem-larger-than-partition", FINDING_PROBLEM,
				  filesystem->partition, err,
				  "the superblock gives the filesystem %s, the partition table gives partition %d only %s: " LIE,
				  is, filesystem->partition, room)
			: findings_add(
				  findings, "filesystem-larger-than-image", FINDING_PROBLEM, 0, err,
				  "the filesystem has %s, the image only %s: it was cut off, or the superblock is lying",
				  is, room);
	if (copy_says_other(superblock, filesystem->blocks, filesystem->room_bytes))
		return blame_superblock(disk, finding, superblock, err);
	if (is_cut)
		return finding_advise(
			finding, err,
			"restore the image from a backup; or extend it, with zeros for what is lost: truncate -s %" PRIu64
			", then check it again",
			end);
	if (end <= limit && superblock_is_sure(disk, filesystem, superblock)) {
		set_entry(disk, finding, filesystem->start_bytes,
			  round_end(disk, end, limit) - filesystem->start_bytes);
		return finding_advise(
			finding, err,
			"the filesystem is consistent, and nothing lies behind the partition, so it is the table that is "
			"lying: extend the partition to the end of the filesystem");
	}
	return finding_advise(
		finding, err,
		"do not start the guest: it may overwrite what lies behind the partition; restore the table from a "
		"dump, or shrink the filesystem to %" PRIu64 " blocks with resize2fs",
		filesystem->room_bytes / filesystem->block_bytes);
}

/* mke2fs and resize2fs leave out a last block group that would hold little more than its own metadata. */
static uint64_t slack_bytes(const struct bd_survey_filesystem *filesystem)
{
	uint64_t table = (uint64_t)filesystem->inodes_per_group * filesystem->inode_bytes / filesystem->block_bytes;

	return (table + 1200) * filesystem->block_bytes;
}

static int check_smaller(const struct check_disk *disk, const struct bd_survey_filesystem *filesystem,
			 struct findings *findings, struct bd_error *err)
{
	const struct bd_examine_superblock *superblock = superblock_at(disk, filesystem->start_bytes);
	bool is_superblock = copy_says_other(superblock, filesystem->blocks, filesystem->room_bytes) &&
			     superblock->copy_blocks > filesystem->blocks;
	uint64_t bytes = filesystem_bytes(filesystem);
	/* What it could have: an entry that is too long has a finding of its own. */
	uint64_t end = filesystem->start_bytes + filesystem->room_bytes, limit = room_end(disk, filesystem);
	uint64_t free_end = end < limit ? end : limit;
	char is[32], room[32];

	if (!is_superblock &&
	    (!filesystem->partition || free_end - filesystem->start_bytes <= bytes + slack_bytes(filesystem)))
		return 0;
	bd_format_size(bytes, is, sizeof(is));
	bd_format_size(filesystem->room_bytes, room, sizeof(room));
	struct finding *finding = findings_add(
		findings, "filesystem-smaller-than-partition", is_superblock ? FINDING_PROBLEM : FINDING_WARNING,
		filesystem->partition, err,
		"the superblock gives the filesystem only %s, the partition table gives partition %d %s: " LIE, is,
		filesystem->partition, room);
	return is_superblock ? blame_superblock(disk, finding, superblock, err)
			     : finding_advise(finding, err,
					      "no data is lost; to use the rest, run resize2fs on it in the guest");
}

/* A superblock that libext2fs refuses, as its size and its groups do not match. The copy tells which lie it is. */
static int check_lie(const struct check_disk *disk, const struct bd_survey_filesystem *filesystem,
		     const struct bd_examine_superblock *superblock, struct findings *findings, struct bd_error *err)
{
	uint64_t bytes = superblock->blocks * superblock->block_bytes;
	bool is_larger = bytes > filesystem->room_bytes;
	char is[32], room[32];

	bd_format_size(bytes, is, sizeof(is));
	bd_format_size(filesystem->room_bytes, room, sizeof(room));
	return blame_superblock(
		disk,
		findings_add(findings,
			     is_larger ? "filesystem-larger-than-partition" : "filesystem-smaller-than-partition",
			     FINDING_PROBLEM, filesystem->partition, err,
			     "the superblock gives the filesystem %s%s, and there is room for %s: " LIE,
			     is_larger ? "" : "only ", is, room),
		superblock, err);
}

static int check_damaged(const struct check_disk *disk, const struct bd_survey_filesystem *filesystem,
			 struct findings *findings, struct bd_error *err)
{
	const struct bd_examine_superblock *superblock = superblock_at(disk, filesystem->start_bytes);

	if (superblock && superblock->is_there &&
	    copy_says_other(superblock, superblock->blocks, filesystem->room_bytes))
		return check_lie(disk, filesystem, superblock, findings, err);
	struct finding *finding = findings_add(findings, "superblock-damaged", FINDING_PROBLEM, filesystem->partition,
					       err, "the superblock is damaged: %s", filesystem->problem.message);
	if (superblock && superblock->has_copy)
		return blame_superblock(disk, finding, superblock, err);
	if (finding) {
		finding->repair = FINDING_REPAIR_FSCK;
		finding->first = filesystem->start_bytes;
	}
	return finding_advise(finding, err,
			      "let e2fsck search for a backup superblock: e2fsck -f '%s?offset=%" PRIu64 "'",
			      disk->place->image, filesystem->start_bytes);
}

/* A partition in which nothing is recognised may have the copies of a superblock. */
static int check_missing(const struct check_disk *disk, struct findings *findings, struct bd_error *err)
{
	for (size_t i = 0; i < disk->survey.region_count; i++) {
		const struct bd_survey_region *region = &disk->survey.regions[i];
		const struct bd_examine_superblock *superblock = superblock_at(disk, region->start_bytes);
		if ((region->kind != BD_SURVEY_PARTITION && region->kind != BD_SURVEY_WHOLE) || !superblock ||
		    !superblock->has_copy || strcmp(region->content, NOTHING) != 0)
			continue;
		if (blame_superblock(
			    disk,
			    findings_add(
				    findings, "superblock-missing", FINDING_PROBLEM, region->number, err,
				    "the superblock is gone, but a backup of it is there: without that, nothing would "
				    "find the filesystem"),
			    superblock, err) != 0)
			return -1;
	}
	return 0;
}

int check_superblocks(const struct check_disk *disk, struct findings *findings, struct bd_error *err)
{
	for (size_t i = 0; i < disk->survey.filesystem_count; i++) {
		const struct bd_survey_filesystem *filesystem = &disk->survey.filesystems[i];
		int r;
		if (filesystem->problem.code)
			r = check_damaged(disk, filesystem, findings, err);
		else if (filesystem_bytes(filesystem) > filesystem->room_bytes ||
			 filesystem->start_bytes + filesystem_bytes(filesystem) > disk->survey.size_bytes)
			r = check_larger(disk, filesystem, findings, err);
		else
			r = check_smaller(disk, filesystem, findings, err);
		if (r != 0)
			return -1;
	}
	return check_missing(disk, findings, err);
}
