/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starts the sandboxed examiner, and checks and collects what it says. */
#include "inside/examine/examine.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/printable.h"
#include "base/sector.h"
#include "disk/mbr.h"
#include "filestream/frame_reader.h"
#include "inside/examine/frame.h"
#include "inside/examine/read.h"
#include "inside/survey/survey.h"

#define MEMORY_BYTES (UINT64_C(1) << 30)
#define IDLE_CPU_S 60u
#define BLOCKS_MAX (UINT64_C(1) << 46) /* their bytes fit into 64 bits */

void bd_examine_dispose(struct bd_examine *examine)
{
	for (size_t i = 0; i < examine->boot_count; i++)
		free(examine->boots[i].entries);
	free(examine->boots);
	free(examine->superblocks);
	*examine = (struct bd_examine){ 0 };
}

static void take_text(struct bd_frame_body *body, char *out, size_t size)
{
	BD_FREE char *clean = bd_printable(bd_frame_get_text(body));

	bd_copy_text(out, size, clean ? clean : "");
}

static bool take_extended(struct bd_frame_body *body, struct bd_examine_extended *extended)
{
	uint32_t number = bd_frame_get32(body);

	extended->start_lba = bd_frame_get64(body);
	extended->sectors = bd_frame_get64(body);
	uint32_t overlaps = bd_frame_get32(body), chain = bd_frame_get32(body);
	extended->chain_lba = bd_frame_get64(body);
	extended->logical_count = bd_frame_get32(body);
	uint32_t outside = bd_frame_get32(body);
	if (body->bad || number > BD_MBR_PARTITIONS || overlaps > BD_MBR_PARTITIONS ||
	    chain >= BD_EXAMINE_CHAIN_COUNT || outside > BD_SURVEY_PARTITIONS_MAX ||
	    extended->start_lba > UINT32_MAX || extended->sectors > UINT32_MAX)
		return false;
	extended->number = (int)number;
	extended->overlaps = (int)overlaps;
	extended->chain = chain;
	extended->outside = (int)outside;
	return true;
}

static bool is_sector_size(uint32_t bytes)
{
	return bytes == BD_SECTOR_BYTES || bytes == BD_LARGE_SECTOR_BYTES;
}

static int take_table(struct bd_frame_body *body, const struct bd_survey *survey, struct bd_examine *examine,
		      struct bd_error *err)
{
	examine->lacks_magic = bd_frame_get32(body);
	examine->table_end_lba = bd_frame_get64(body);
	uint32_t core = bd_frame_get32(body);
	examine->core_lba = bd_frame_get64(body);
	examine->core_sectors = bd_frame_get64(body);
	examine->gap_sectors = bd_frame_get64(body);
	take_text(body, examine->stage2, sizeof(examine->stage2));
	uint32_t gpt = bd_frame_get32(body), backup = bd_frame_get32(body);
	examine->has_hidden_gpt = bd_frame_get32(body);
	examine->gpt_sector_bytes = bd_frame_get32(body);
	examine->gpt_source_lba = bd_frame_get64(body);
	examine->lacks_protective_mbr = bd_frame_get32(body);
	examine->may_protect = bd_frame_get32(body);
	if (!take_extended(body, &examine->extended) || core >= BD_EXAMINE_CORE_COUNT ||
	    gpt >= BD_EXAMINE_GPT_COUNT || backup >= BD_EXAMINE_GPT_COUNT ||
	    examine->table_end_lba > (uint64_t)INT64_MAX / BD_SECTOR_BYTES ||
	    (examine->gpt_source_lba && (!is_sector_size(examine->gpt_sector_bytes) ||
					 examine->gpt_source_lba >= survey->size_bytes / examine->gpt_sector_bytes)))
		return bd_frame_fail_protocol(err);
	examine->core = core;
	examine->gpt = gpt;
	examine->gpt_backup = backup;
	return 0;
}

static bool is_block_size(uint32_t bytes)
{
	return bytes >= 1024 && bytes <= 65536 && (bytes & (bytes - 1)) == 0;
}

static int take_superblock(struct bd_frame_body *body, const struct bd_survey *survey, struct bd_examine *examine,
			   struct bd_error *err)
{
	struct bd_examine_superblock taken = { .start_bytes = bd_frame_get64(body) };

	taken.partition = (int)bd_frame_get32(body);
	taken.gap_bytes = bd_frame_get64(body);
	taken.gap_size_bytes = bd_frame_get64(body);
	taken.is_there = bd_frame_get32(body);
	taken.blocks = bd_frame_get64(body);
	taken.block_bytes = bd_frame_get32(body);
	taken.has_copy = bd_frame_get32(body);
	taken.copy_blocks = bd_frame_get64(body);
	taken.copy_at_block = bd_frame_get64(body);
	taken.copy_block_bytes = bd_frame_get32(body);
	if (body->bad || taken.partition < -1 || taken.partition > BD_SURVEY_PARTITIONS_MAX ||
	    taken.start_bytes >= survey->size_bytes || taken.gap_bytes > survey->size_bytes ||
	    taken.gap_size_bytes > survey->size_bytes || taken.blocks > BLOCKS_MAX ||
	    taken.copy_blocks > BLOCKS_MAX || (taken.is_there && !is_block_size(taken.block_bytes)) ||
	    (taken.has_copy && !is_block_size(taken.copy_block_bytes)) ||
	    examine->superblock_count >= BD_EXAMINE_SUPERBLOCKS_MAX)
		return bd_frame_fail_protocol(err);
	if (bd_array_grow(examine->superblocks, examine->superblock_count, err) != 0)
		return -1;
	examine->superblocks[examine->superblock_count++] = taken;
	return 0;
}

static int take_boot(struct bd_frame_body *body, struct bd_examine *examine, struct bd_error *err)
{
	struct bd_examine_boot taken = { 0 };
	uint32_t number = bd_frame_get32(body);

	taken.is_root = bd_frame_get32(body);
	take_text(body, taken.config, sizeof(taken.config));
	taken.has_stage2 = bd_frame_get32(body);
	if (body->bad || number > BD_SURVEY_PARTITIONS_MAX || examine->boot_count >= BD_SURVEY_FILESYSTEMS_MAX)
		return bd_frame_fail_protocol(err);
	taken.partition = (int)number;
	if (bd_array_grow(examine->boots, examine->boot_count, err) != 0)
		return -1;
	examine->boots[examine->boot_count++] = taken;
	return 0;
}

static int take_entry(struct bd_frame_body *body, struct bd_examine *examine, struct bd_error *err)
{
	struct bd_examine_boot *boot = examine->boot_count ? &examine->boots[examine->boot_count - 1] : NULL;
	struct bd_examine_entry taken = { 0 };

	take_text(body, taken.kernel, sizeof(taken.kernel));
	take_text(body, taken.initramfs, sizeof(taken.initramfs));
	take_text(body, taken.root, sizeof(taken.root));
	take_text(body, taken.arguments, sizeof(taken.arguments));
	taken.is_cut = bd_frame_get32(body) || strlen(taken.arguments) + 1 == sizeof(taken.arguments);
	taken.has_kernel = bd_frame_get32(body);
	taken.has_initramfs = bd_frame_get32(body);
	taken.is_default = bd_frame_get32(body);
	if (body->bad || !boot || boot->entry_count >= BD_EXAMINE_ENTRIES_MAX)
		return bd_frame_fail_protocol(err);
	if (bd_array_grow(boot->entries, boot->entry_count, err) != 0)
		return -1;
	boot->entries[boot->entry_count++] = taken;
	return 0;
}

/* 1: there is more to come. */
static int take_frame(struct bd_frame *frame, const struct bd_survey *survey, bool *has_table,
		      struct bd_examine *examine, struct bd_error *err)
{
	int r;

	if (frame->kind == BD_FRAME_ERROR)
		return bd_frame_take_error(frame, err);
	if (*has_table != (frame->kind != (uint32_t)BD_EXAMINE_FRAME_TABLE))
		return bd_frame_fail_protocol(err);
	*has_table = true;
	switch (frame->kind) {
	case BD_FRAME_END:
		return 0;
	case BD_EXAMINE_FRAME_TABLE:
		r = take_table(&frame->body, survey, examine, err);
		break;
	case BD_EXAMINE_FRAME_SUPERBLOCK:
		r = take_superblock(&frame->body, survey, examine, err);
		break;
	case BD_EXAMINE_FRAME_BOOT:
		r = take_boot(&frame->body, examine, err);
		break;
	case BD_EXAMINE_FRAME_ENTRY:
		r = take_entry(&frame->body, examine, err);
		break;
	default:
		return bd_frame_fail_protocol(err);
	}
	return r == 0 ? 1 : -1;
}

int bd_examine_image(int fd, const struct bd_survey *survey, struct bd_examine *examine_out, struct bd_error *err)
{
	BD_DISPOSE(bd_frame_reader_dispose) struct bd_frame_reader reader = BD_FRAME_READER_INIT;
	BD_DISPOSE(bd_examine_dispose) struct bd_examine examine = { 0 };
	const struct bd_sandbox_job job = {
		.input_fd = fd,
		.work = bd_examine_read,
		.context = (void *)survey,
		.memory_bytes = MEMORY_BYTES,
		.idle_cpu_s = IDLE_CPU_S,
	};
	bool has_table = false;
	struct bd_frame frame;
	int r = bd_frame_reader_start(&reader, &job, err) == 0 ? 1 : -1;

	while (r == 1)
		r = bd_frame_reader_next(&reader, &frame, err) != 0
			    ? -1
			    : take_frame(&frame, survey, &has_table, &examine, err);
	if (r != 0 || bd_frame_reader_finish(&reader, err) != 0)
		return -1;
	*examine_out = bd_take_struct(examine);
	return 0;
}

static bool boots_by_default(const struct bd_examine *examine)
{
	for (size_t i = 0; i < examine->boot_count; i++)
		for (size_t j = 0; j < examine->boots[i].entry_count; j++)
			if (examine->boots[i].entries[j].is_default && examine->boots[i].entries[j].has_kernel)
				return true;
	return false;
}

int bd_examine_for_pygrub(int fd, bool *boots_out, struct bd_error *err)
{
	BD_DISPOSE(bd_survey_dispose) struct bd_survey survey = { 0 };
	BD_DISPOSE(bd_examine_dispose) struct bd_examine examine = { 0 };

	if (bd_survey_image(fd, &(struct bd_survey_request){ .partition = 0 }, &survey, err) != 0 ||
	    bd_examine_image(fd, &survey, &examine, err) != 0)
		return -1;
	*boots_out = boots_by_default(&examine);
	return 0;
}
