/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads what a table, a boot loader and superblocks claim, and what a boot loader would find. */
#include "inside/examine/read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "disk/plan.h"
#include "ext3/filesystem.h"
#include "ext3/format.h"
#include "ext3/reader/fd_io.h"
#include "ext3/reader/root.h"
#include "filestream/frame.h"
#include "inside/examine/boot_config.h"
#include "inside/examine/facts.h"
#include "inside/examine/frame.h"
#include "inside/examine/loader.h"
#include "inside/examine/table.h"
#include "inside/read_at.h"
#include "inside/survey/facts.h"

#define CONFIG_BYTES_MAX (1u << 20)

struct reading {
	const struct bd_survey *survey;
	int fd;
	struct bd_frame_writer *writer;
	struct bd_examine facts;
};

/* --- table and boot loader ----------------------------------------------------------------------------------------- */

static void send_extended(struct bd_frame_writer *writer, const struct bd_examine_extended *extended)
{
	bd_frame_put32(writer, (uint32_t)extended->number);
	bd_frame_put64(writer, extended->start_lba);
	bd_frame_put64(writer, extended->sectors);
	bd_frame_put32(writer, (uint32_t)extended->overlaps);
	bd_frame_put32(writer, extended->chain);
	bd_frame_put64(writer, extended->chain_lba);
	bd_frame_put32(writer, extended->logical_count);
	bd_frame_put32(writer, (uint32_t)extended->outside);
}

static void send_table(struct reading *reading)
{
	struct bd_frame_writer *writer = reading->writer;
	struct bd_examine *facts = &reading->facts;
	uint8_t first_sector[BD_SECTOR_BYTES];

	if (!bd_inside_read_at(reading->fd, 0, first_sector, sizeof(first_sector)))
		memset(first_sector, 0, sizeof(first_sector));
	bd_examine_table(reading->fd, reading->survey, first_sector, facts);
	bd_examine_loader(reading->fd, reading->survey, first_sector, facts);
	bd_frame_begin(writer, (enum bd_frame_kind)BD_EXAMINE_FRAME_TABLE);
	bd_frame_put32(writer, facts->lacks_magic);
	bd_frame_put64(writer, facts->table_end_lba);
	bd_frame_put32(writer, facts->core);
	bd_frame_put64(writer, facts->core_lba);
	bd_frame_put64(writer, facts->core_sectors);
	bd_frame_put64(writer, facts->gap_sectors);
	bd_frame_put_text(writer, facts->stage2);
	bd_frame_put32(writer, facts->gpt);
	bd_frame_put32(writer, facts->gpt_backup);
	bd_frame_put32(writer, facts->has_hidden_gpt);
	bd_frame_put32(writer, facts->gpt_sector_bytes);
	bd_frame_put64(writer, facts->gpt_source_lba);
	bd_frame_put32(writer, facts->lacks_protective_mbr);
	bd_frame_put32(writer, facts->may_protect);
	send_extended(writer, &facts->extended);
	bd_frame_end(writer);
}

/* --- superblocks -------------------------------------------------------------------------------------------------- */

struct claim {
	uint64_t blocks, first_block;
	uint32_t block_bytes, blocks_per_group;
	uint16_t group;
	uint8_t uuid[16];
};

/* Offsets: Documentation/filesystems/ext4/super.rst. */
static bool read_superblock(const struct reading *reading, uint64_t at, struct claim *claim_out)
{
	uint8_t super[1024];

	if (!bd_inside_read_at(reading->fd, at, super, sizeof(super)) ||
	    get_le16(super + BD_EXT_MAGIC_OFFSET) != BD_EXT_MAGIC ||
	    get_le32(super + BD_EXT_LOG_BLOCK_SIZE_OFFSET) > 6)
		return false;
	*claim_out = (struct claim){
		.blocks = get_le32(super + 4),
		.first_block = get_le32(super + 20),
		.block_bytes = 1024u << get_le32(super + BD_EXT_LOG_BLOCK_SIZE_OFFSET),
		.blocks_per_group = get_le32(super + 32),
		.group = get_le16(super + 90),
	};
	if (get_le32(super + 96) & 0x80) /* INCOMPAT_64BIT */
		claim_out->blocks |= (uint64_t)get_le32(super + 336) << 32;
	memcpy(claim_out->uuid, super + BD_EXT_UUID_OFFSET, 16);
	return claim_out->blocks && claim_out->blocks <= UINT64_C(1) << 46 && claim_out->first_block <= 1;
}

static bool read_copy(const struct reading *reading, uint64_t start, uint64_t block, uint32_t block_bytes,
		      struct bd_examine_superblock *found)
{
	struct claim copy;

	if (!read_superblock(reading, start + block * block_bytes, &copy) || copy.group != 1 ||
	    copy.block_bytes != block_bytes)
		return false;
	found->has_copy = true;
	found->copy_blocks = copy.blocks;
	found->copy_at_block = block;
	found->copy_block_bytes = block_bytes;
	return true;
}

/* With the superblock gone, group 1 begins where mke2fs has it begin: a bitmap of one block describes a group. */
static void look_for_copy(const struct reading *reading, const struct claim *claim, bool is_there,
			  struct bd_examine_superblock *found)
{
	if (is_there) {
		uint64_t block = claim->first_block + claim->blocks_per_group;
		if (read_copy(reading, found->start_bytes, block, claim->block_bytes, found))
			return;
	}
	for (uint32_t bytes = 1024; bytes <= 4096; bytes *= 2)
		if (read_copy(reading, found->start_bytes, (bytes == 1024) + bytes * 8, bytes, found))
			return;
}

static void send_superblock(const struct reading *reading, const struct bd_examine_superblock *found)
{
	struct bd_frame_writer *writer = reading->writer;

	bd_frame_begin(writer, (enum bd_frame_kind)BD_EXAMINE_FRAME_SUPERBLOCK);
	bd_frame_put64(writer, found->start_bytes);
	bd_frame_put32(writer, (uint32_t)found->partition);
	bd_frame_put64(writer, found->gap_bytes);
	bd_frame_put64(writer, found->gap_size_bytes);
	bd_frame_put32(writer, found->is_there);
	bd_frame_put64(writer, found->blocks);
	bd_frame_put32(writer, found->block_bytes);
	bd_frame_put32(writer, found->has_copy);
	bd_frame_put64(writer, found->copy_blocks);
	bd_frame_put64(writer, found->copy_at_block);
	bd_frame_put32(writer, found->copy_block_bytes);
	bd_frame_end(writer);
}

static void look_at_partition(const struct reading *reading, const struct bd_survey_region *region)
{
	struct bd_examine_superblock found = { .start_bytes = region->start_bytes, .partition = region->number };
	struct claim claim = { 0 };

	if (region->start_bytes >= reading->survey->size_bytes)
		return;
	found.is_there = read_superblock(reading, region->start_bytes + BD_EXT_SUPERBLOCK_START_BYTES, &claim);
	if (found.is_there) {
		found.blocks = claim.blocks;
		found.block_bytes = claim.block_bytes;
	}
	look_for_copy(reading, &claim, found.is_there, &found);
	if (found.is_there || found.has_copy)
		send_superblock(reading, &found);
}

/* A filesystem that no entry of the table leads to would begin where partitions do. */
static void look_at_gap(const struct reading *reading, const struct bd_survey_region *gap)
{
	const uint64_t mib = 1 << 20, cylinder = (uint64_t)BD_CYLINDER_SECTORS * BD_SECTOR_BYTES;
	const uint64_t starts[] = { gap->start_bytes, BD_CHS_SECTORS * BD_SECTOR_BYTES,
				    (gap->start_bytes + mib - 1) / mib * mib,
				    (gap->start_bytes + cylinder - 1) / cylinder * cylinder };
	struct claim claim = { 0 };

	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
		struct bd_examine_superblock found = { .start_bytes = starts[i],
						       .partition = -1,
						       .gap_bytes = gap->start_bytes,
						       .gap_size_bytes = gap->size_bytes };
		if (starts[i] < gap->start_bytes || starts[i] - gap->start_bytes >= gap->size_bytes ||
		    !read_superblock(reading, starts[i] + BD_EXT_SUPERBLOCK_START_BYTES, &claim) || claim.group)
			continue;
		found.is_there = true;
		found.blocks = claim.blocks;
		found.block_bytes = claim.block_bytes;
		send_superblock(reading, &found);
		return;
	}
}

static void look_at_superblocks(const struct reading *reading)
{
	const struct bd_survey *survey = reading->survey;

	for (size_t i = 0; i < survey->region_count; i++) {
		const struct bd_survey_region *region = &survey->regions[i];
		if (region->kind == BD_SURVEY_PARTITION || region->kind == BD_SURVEY_WHOLE)
			look_at_partition(reading, region);
		else if (region->kind == BD_SURVEY_UNUSED && survey->table != BD_SURVEY_NO_TABLE)
			look_at_gap(reading, region);
	}
}

/* --- what would be booted ----------------------------------------------------------------------------------------- */

static bool has_content(const struct bd_root_reader *root, const char *path)
{
	struct bd_root_facts facts;
	struct bd_error ignored;

	return root->look(root->source, path, true, &facts, &ignored) == 0 && S_ISREG(facts.mode) && facts.size_bytes;
}

static void send_entries(const struct reading *reading, const struct bd_root_reader *root, char *text)
{
	struct bd_examine_entry entries[BD_EXAMINE_ENTRIES_MAX];
	size_t count = bd_boot_config_read(text, entries);

	for (size_t i = 0; i < count; i++) {
		bd_frame_begin(reading->writer, (enum bd_frame_kind)BD_EXAMINE_FRAME_ENTRY);
		bd_frame_put_text(reading->writer, entries[i].kernel);
		bd_frame_put_text(reading->writer, entries[i].initramfs);
		bd_frame_put_text(reading->writer, entries[i].root);
		bd_frame_put_text(reading->writer, entries[i].arguments);
		bd_frame_put32(reading->writer, entries[i].is_cut);
		bd_frame_put32(reading->writer, has_content(root, entries[i].kernel));
		bd_frame_put32(reading->writer, *entries[i].initramfs && has_content(root, entries[i].initramfs));
		bd_frame_put32(reading->writer, entries[i].is_default);
		bd_frame_end(reading->writer);
	}
}

static void look_at_boot(const struct reading *reading, const struct bd_survey_filesystem *filesystem)
{
	BD_DISPOSE(bd_ext3_root_dispose) struct bd_ext3_root opened = { 0 };
	BD_FREE char *text = NULL;
	const char *config = "";
	struct bd_error ignored;

	if (bd_ext_open_fd(reading->fd, filesystem->start_bytes, UINT64_MAX, &opened.fs, &ignored) != 0)
		return;
	const struct bd_root_reader root = bd_ext3_root_reader(&opened);
	for (size_t i = 0; bd_boot_config_paths[i] && !*config; i++)
		if (has_content(&root, bd_boot_config_paths[i]) &&
		    root.read_file(root.source, bd_boot_config_paths[i], CONFIG_BYTES_MAX, &text, NULL, &ignored) ==
			    0 &&
		    text)
			config = bd_boot_config_paths[i];
	bd_frame_begin(reading->writer, (enum bd_frame_kind)BD_EXAMINE_FRAME_BOOT);
	bd_frame_put32(reading->writer, (uint32_t)filesystem->partition);
	bd_frame_put32(reading->writer, bd_ext_has(opened.fs, "etc") &&
						(bd_ext_has(opened.fs, "sbin") || bd_ext_has(opened.fs, "usr")));
	bd_frame_put_text(reading->writer, config);
	bd_frame_put32(reading->writer, *reading->facts.stage2 && has_content(&root, reading->facts.stage2));
	bd_frame_end(reading->writer);
	if (*config)
		send_entries(reading, &root, text);
}

void bd_examine_read(void *context, int input_fd, int output_fd)
{
	struct bd_frame_writer writer;
	struct reading reading = { .survey = context, .fd = input_fd, .writer = &writer };

	if (!bd_frame_writer_init(&writer, output_fd))
		_exit(1);
	send_table(&reading);
	look_at_superblocks(&reading);
	for (size_t i = 0; i < reading.survey->filesystem_count; i++)
		if (!reading.survey->filesystems[i].problem.code)
			look_at_boot(&reading, &reading.survey->filesystems[i]);
	bd_frame_end_stream(&writer, 0);
	bd_frame_flush(&writer);
	free(writer.buffer);
}
