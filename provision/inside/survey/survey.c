/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starts the sandboxed surveyor, and checks and collects what it says. */
#include "inside/survey/survey.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/printable.h"
#include "base/progress.h"
#include "filestream/frame_reader.h"
#include "inside/survey/frame.h"
#include "inside/survey/read.h"
#include "inside/survey/regions.h"

#define MEMORY_BYTES (UINT64_C(1) << 30)
#define IDLE_CPU_S 60u
#define BLOCKS_MAX (UINT64_C(1) << 46) /* their bytes fit into 64 bits */
/* Of the UEFI specification, "GPT Partition Entry"; and in an MBR. */
#define EFI_GPT_TYPE "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
#define EFI_MBR_TYPE 0xef

void bd_survey_dispose(struct bd_survey *survey)
{
	for (size_t i = 0; i < survey->filesystem_count; i++) {
		free(survey->filesystems[i].groups);
		free(survey->filesystems[i].slices);
	}
	free(survey->filesystems);
	free(survey->regions);
	*survey = (struct bd_survey){ 0 };
}

bool bd_survey_is_ext(const struct bd_survey_region *region)
{
	return strncmp(region->content, "ext", 3) == 0;
}

bool bd_survey_has_efi_partition(const struct bd_survey *survey)
{
	for (size_t i = 0; i < survey->region_count; i++)
		if (survey->regions[i].number && (strcasecmp(survey->regions[i].gpt_type, EFI_GPT_TYPE) == 0 ||
						  survey->regions[i].mbr_type == EFI_MBR_TYPE))
			return true;
	return false;
}

struct collecting {
	struct bd_survey survey;
	bool has_table;
	/* Of the last filesystem: what has come of it. */
	size_t groups, slices;
	bool is_complete; /* so is everything before it */
	size_t all_groups;
	bool shows_progress;
};

static void take_text(struct bd_frame_body *body, char *out, size_t size)
{
	BD_FREE char *clean = bd_printable(bd_frame_get_text(body));

	bd_copy_text(out, size, clean ? clean : "");
}

static void take_uuid(struct bd_frame_body *body, uint8_t out[16])
{
	const void *uuid = bd_frame_get_bytes(body, 16);

	if (uuid)
		memcpy(out, uuid, 16);
}

/* --- table and partitions ----------------------------------------------------------------------------------------- */

static bool is_range(uint64_t start_bytes, uint64_t size_bytes)
{
	uint64_t end;

	return !__builtin_add_overflow(start_bytes, size_bytes, &end) && end <= INT64_MAX;
}

static int add_region(struct bd_survey *survey, const struct bd_survey_region *region, struct bd_error *err)
{
	if (bd_array_grow(survey->regions, survey->region_count, err) != 0)
		return -1;
	survey->regions[survey->region_count++] = *region;
	return 0;
}

/* A range of the table's frame; one of size 0 is not there. */
static int take_range(struct bd_frame_body *body, struct bd_survey *survey, enum bd_survey_region_kind kind,
		      struct bd_error *err)
{
	struct bd_survey_region region = { .kind = kind };

	region.start_bytes = bd_frame_get64(body);
	region.size_bytes = bd_frame_get64(body);
	if (!is_range(region.start_bytes, region.size_bytes))
		return bd_frame_fail_protocol(err);
	return region.size_bytes ? add_region(survey, &region, err) : 0;
}

static int take_table(struct collecting *collecting, struct bd_frame_body *body, struct bd_error *err)
{
	struct bd_survey *survey = &collecting->survey;
	const struct bd_survey_region record = { .kind = BD_SURVEY_BOOT_RECORD, .size_bytes = BD_SECTOR_BYTES };
	uint32_t table = bd_frame_get32(body);

	survey->table_sector_bytes = bd_frame_get32(body);
	survey->disk_signature = bd_frame_get32(body);
	take_uuid(body, survey->gpt_uuid);
	uint32_t boot_code = bd_frame_get32(body);
	if (collecting->has_table || table >= BD_SURVEY_TABLE_COUNT || boot_code >= BD_BOOT_CODE_COUNT)
		return bd_frame_fail_protocol(err);
	collecting->has_table = true;
	survey->table = table;
	survey->boot_code = boot_code;
	survey->has_gpt_uuid = table == BD_SURVEY_GPT && !bd_all_zero(survey->gpt_uuid, 16);
	if (table != BD_SURVEY_NO_TABLE && add_region(survey, &record, err) != 0)
		return -1;
	return take_range(body, survey, BD_SURVEY_BOOT_LOADER, err) != 0 ||
			       take_range(body, survey, BD_SURVEY_GPT_HEADER, err) != 0 ||
			       take_range(body, survey, BD_SURVEY_GPT_BACKUP, err) != 0
		       ? -1
		       : 0;
}

static int take_partition(struct collecting *collecting, struct bd_frame_body *body, struct bd_error *err)
{
	struct bd_survey_region region = { .kind = BD_SURVEY_PARTITION };

	region.start_bytes = bd_frame_get64(body);
	region.size_bytes = bd_frame_get64(body);
	uint32_t number = bd_frame_get32(body);
	region.mbr_type = (uint8_t)bd_frame_get32(body);
	region.is_active = bd_frame_get32(body);
	region.has_uuid = bd_frame_get32(body);
	take_uuid(body, region.uuid);
	take_text(body, region.gpt_type, sizeof(region.gpt_type));
	take_text(body, region.name, sizeof(region.name));
	take_text(body, region.content, sizeof(region.content));
	if (body->bad || !is_range(region.start_bytes, region.size_bytes) || number > BD_SURVEY_PARTITIONS_MAX ||
	    !collecting->has_table || collecting->survey.region_count > BD_SURVEY_PARTITIONS_MAX + 4)
		return bd_frame_fail_protocol(err);
	region.number = (int)number;
	if (!number)
		region.kind = BD_SURVEY_WHOLE;
	else if (strcmp(region.content, "swap") == 0 || strcmp(region.content, "swsuspend") == 0)
		region.kind = BD_SURVEY_SWAP;
	return add_region(&collecting->survey, &region, err);
}

/* --- filesystems -------------------------------------------------------------------------------------------------- */

static int take_place(struct collecting *collecting, struct bd_frame_body *body,
		      struct bd_survey_filesystem *filesystem, struct bd_error *err)
{
	uint32_t number = bd_frame_get32(body);

	filesystem->start_bytes = bd_frame_get64(body);
	filesystem->room_bytes = bd_frame_get64(body);
	if (!collecting->is_complete || number > BD_SURVEY_PARTITIONS_MAX ||
	    !is_range(filesystem->start_bytes, filesystem->room_bytes) ||
	    collecting->survey.filesystem_count >= BD_SURVEY_FILESYSTEMS_MAX)
		return bd_frame_fail_protocol(err);
	filesystem->partition = (int)number;
	return 0;
}

static int add_filesystem(struct collecting *collecting, const struct bd_survey_filesystem *filesystem,
			  struct bd_error *err)
{
	struct bd_survey *survey = &collecting->survey;

	if (bd_array_grow(survey->filesystems, survey->filesystem_count, err) != 0)
		return -1;
	survey->filesystems[survey->filesystem_count++] = *filesystem;
	return 0;
}

/* The error is one of the filesystem, unless the frame is not what it should be. */
static int take_problem(struct collecting *collecting, struct bd_frame *frame, struct bd_error *err)
{
	struct bd_survey_filesystem filesystem = { 0 };

	if (take_place(collecting, &frame->body, &filesystem, err) != 0)
		return -1;
	filesystem.problem = (struct bd_error)BD_ERROR_INIT;
	bd_frame_take_error(frame, &filesystem.problem);
	if (filesystem.problem.code == EBADMSG)
		return bd_frame_fail_protocol(err);
	return add_filesystem(collecting, &filesystem, err);
}

static bool is_block_size(uint32_t bytes)
{
	return bytes >= 1024 && bytes <= 65536 && (bytes & (bytes - 1)) == 0;
}

static bool is_sane(const struct bd_survey_filesystem *filesystem)
{
	return is_block_size(filesystem->block_bytes) && filesystem->blocks <= BLOCKS_MAX &&
	       filesystem->first_block <= 1 && filesystem->cluster_blocks;
}

/* What is derived from the superblock; the counts are to come. */
static int prepare(struct collecting *collecting, struct bd_survey_filesystem *filesystem, uint32_t group_count,
		   struct bd_error *err)
{
	if (!is_sane(filesystem) || collecting->all_groups + group_count > BD_SURVEY_GROUPS_MAX ||
	    !bd_survey_cut(filesystem->blocks, filesystem->first_block, filesystem->blocks_per_group, group_count,
			   &filesystem->slice_blocks, &filesystem->slices_per_group))
		return bd_frame_fail_protocol(err);
	collecting->all_groups += group_count;
	collecting->groups = collecting->slices = 0;
	collecting->is_complete = false;
	if (add_filesystem(collecting, filesystem, err) != 0)
		return -1;
	filesystem = &collecting->survey.filesystems[collecting->survey.filesystem_count - 1];
	filesystem->group_count = group_count;
	filesystem->used_blocks = filesystem->first_block; /* block 0 is in no group: it is for boot code */
	filesystem->slice_count = (size_t)group_count * filesystem->slices_per_group;
	filesystem->groups = calloc(filesystem->group_count, sizeof(*filesystem->groups));
	filesystem->slices = calloc(filesystem->slice_count, sizeof(*filesystem->slices));
	return filesystem->groups && filesystem->slices ? 0 : bd_no_memory(err);
}

static int take_filesystem(struct collecting *collecting, struct bd_frame_body *body, struct bd_error *err)
{
	struct bd_survey_filesystem taken = { 0 };

	if (take_place(collecting, body, &taken, err) != 0)
		return -1;
	take_text(body, taken.type, sizeof(taken.type));
	take_text(body, taken.label, sizeof(taken.label));
	take_text(body, taken.last_mounted, sizeof(taken.last_mounted));
	take_text(body, taken.features, sizeof(taken.features));
	take_uuid(body, taken.uuid);
	taken.block_bytes = bd_frame_get32(body);
	taken.inode_bytes = bd_frame_get32(body);
	taken.blocks_per_group = bd_frame_get32(body);
	taken.inodes_per_group = bd_frame_get32(body);
	taken.cluster_blocks = bd_frame_get32(body);
	taken.blocks = bd_frame_get64(body);
	taken.free_blocks = bd_frame_get64(body);
	taken.reserved_blocks = bd_frame_get64(body);
	taken.first_block = bd_frame_get64(body);
	taken.inodes = bd_frame_get32(body);
	taken.free_inodes = bd_frame_get32(body);
	taken.mount_count = bd_frame_get32(body);
	taken.made = (int64_t)bd_frame_get64(body);
	taken.mounted = (int64_t)bd_frame_get64(body);
	taken.written = (int64_t)bd_frame_get64(body);
	taken.checked = (int64_t)bd_frame_get64(body);
	uint32_t state = bd_frame_get32(body);
	taken.errors = bd_frame_get32(body);
	uint32_t journal = bd_frame_get32(body);
	taken.journal_bytes = bd_frame_get64(body);
	taken.needs_recovery = bd_frame_get32(body);
	uint32_t group_count = bd_frame_get32(body);
	if (body->bad || state >= BD_SURVEY_STATE_COUNT || journal >= BD_SURVEY_JOURNAL_COUNT)
		return bd_frame_fail_protocol(err);
	taken.state = state;
	taken.journal = journal;
	return prepare(collecting, &taken, group_count, err);
}

static struct bd_survey_filesystem *last_filesystem(const struct collecting *collecting)
{
	return collecting->is_complete ? NULL
				       : &collecting->survey.filesystems[collecting->survey.filesystem_count - 1];
}

/* How many there are from block `at` behind the first one, and no more than limit. */
static uint32_t blocks_at(const struct bd_survey_filesystem *filesystem, uint64_t at, uint64_t limit)
{
	uint64_t all = filesystem->blocks - filesystem->first_block, left = at < all ? all - at : 0;

	return (uint32_t)(left < limit ? left : limit);
}

static int take_groups(struct collecting *collecting, struct bd_frame_body *body, struct bd_error *err)
{
	struct bd_survey_filesystem *filesystem = last_filesystem(collecting);

	while (filesystem && body->left && collecting->groups < filesystem->group_count) {
		uint64_t at = (uint64_t)collecting->groups * filesystem->blocks_per_group;
		struct bd_survey_group *group = &filesystem->groups[collecting->groups++];
		group->start_block = filesystem->first_block + at;
		group->blocks = blocks_at(filesystem, at, filesystem->blocks_per_group);
		group->free_blocks = bd_frame_get32(body);
		group->free_inodes = bd_frame_get32(body);
		group->directories = bd_frame_get32(body);
		group->used_blocks = bd_frame_get32(body);
		uint32_t flags = bd_frame_get32(body);
		group->has_superblock = flags & BD_SURVEY_GROUP_HAS_SUPERBLOCK;
		group->is_unreadable = flags & BD_SURVEY_GROUP_IS_UNREADABLE;
		if (group->used_blocks > group->blocks || group->free_blocks > group->blocks)
			return bd_frame_fail_protocol(err);
		filesystem->used_blocks += group->used_blocks;
	}
	return !filesystem || body->bad || body->left ? bd_frame_fail_protocol(err) : 0;
}

static int take_slices(struct collecting *collecting, struct bd_frame_body *body, struct bd_error *err)
{
	struct bd_survey_filesystem *filesystem = last_filesystem(collecting);

	while (filesystem && body->left && collecting->slices < filesystem->slice_count) {
		uint64_t group = collecting->slices / filesystem->slices_per_group;
		uint64_t in_group =
			collecting->slices % filesystem->slices_per_group * (uint64_t)filesystem->slice_blocks;
		uint64_t left = filesystem->blocks_per_group > in_group ? filesystem->blocks_per_group - in_group : 0;
		struct bd_survey_slice *slice = &filesystem->slices[collecting->slices++];
		slice->blocks = blocks_at(filesystem, group * filesystem->blocks_per_group + in_group,
					  left < filesystem->slice_blocks ? left : filesystem->slice_blocks);
		slice->used = bd_frame_get32(body);
		slice->metadata = bd_frame_get32(body);
		slice->journal = bd_frame_get32(body);
		if (slice->used > slice->blocks || slice->metadata > slice->blocks || slice->journal > slice->blocks)
			return bd_frame_fail_protocol(err);
	}
	return !filesystem || body->bad || body->left ? bd_frame_fail_protocol(err) : 0;
}

static int take_free_data(struct collecting *collecting, struct bd_frame_body *body, struct bd_error *err)
{
	struct bd_survey_filesystem *filesystem = last_filesystem(collecting);
	uint64_t bytes = bd_frame_get64(body);

	if (!filesystem || body->bad || collecting->groups != filesystem->group_count ||
	    collecting->slices != filesystem->slice_count || bytes > filesystem->blocks * filesystem->block_bytes)
		return bd_frame_fail_protocol(err);
	filesystem->free_data_bytes = bytes;
	collecting->is_complete = true;
	return 0;
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

/* Nothing is shown of what is read at once. */
static int take_progress(struct collecting *collecting, struct bd_frame_body *body, struct bd_error *err)
{
	uint64_t done = bd_frame_get64(body), total = bd_frame_get64(body);

	if (body->bad || done > total)
		return bd_frame_fail_protocol(err);
	if (!collecting->shows_progress)
		bd_progress_stage("reading the block bitmaps", total);
	collecting->shows_progress = true;
	bd_progress_update(done);
	return 0;
}

/* 1: there is more to come. */
static int take_frame(struct collecting *collecting, struct bd_frame *frame, struct bd_error *err)
{
	int r;

	switch (frame->kind) {
	case BD_FRAME_ERROR:
		return bd_frame_take_error(frame, err);
	case BD_FRAME_END:
		return collecting->has_table && collecting->is_complete ? 0 : bd_frame_fail_protocol(err);
	case BD_FRAME_PROGRESS:
		r = take_progress(collecting, &frame->body, err);
		break;
	case BD_SURVEY_FRAME_TABLE:
		r = take_table(collecting, &frame->body, err);
		break;
	case BD_SURVEY_FRAME_PARTITION:
		r = take_partition(collecting, &frame->body, err);
		break;
	case BD_SURVEY_FRAME_FILESYSTEM:
		r = take_filesystem(collecting, &frame->body, err);
		break;
	case BD_SURVEY_FRAME_PROBLEM:
		r = take_problem(collecting, frame, err);
		break;
	case BD_SURVEY_FRAME_GROUPS:
		r = take_groups(collecting, &frame->body, err);
		break;
	case BD_SURVEY_FRAME_SLICES:
		r = take_slices(collecting, &frame->body, err);
		break;
	case BD_SURVEY_FRAME_FREE_DATA:
		r = take_free_data(collecting, &frame->body, err);
		break;
	default:
		return bd_frame_fail_protocol(err);
	}
	if (r == 0 && frame->body.bad)
		r = bd_frame_fail_protocol(err);
	return r == 0 ? 1 : -1;
}

/* A filesystem without a table ends where its superblock says; what is behind it is unused. */
static void cut_whole(struct bd_survey *survey)
{
	const struct bd_survey_filesystem *filesystem = survey->filesystems;

	if (!survey->filesystem_count || filesystem->partition || filesystem->problem.code)
		return;
	for (size_t i = 0; i < survey->region_count; i++) {
		uint64_t bytes = filesystem->blocks * filesystem->block_bytes;
		if (survey->regions[i].kind == BD_SURVEY_WHOLE && is_range(survey->regions[i].start_bytes, bytes))
			survey->regions[i].size_bytes = bytes;
	}
}

int bd_survey_image(int fd, const struct bd_survey_request *request, struct bd_survey *survey_out,
		    struct bd_error *err)
{
	BD_DISPOSE(bd_frame_reader_dispose) struct bd_frame_reader reader = BD_FRAME_READER_INIT;
	struct collecting collecting = { .is_complete = true };
	BD_DISPOSE(bd_survey_dispose) struct bd_survey survey = { 0 };
	const struct bd_sandbox_job job = {
		.input_fd = fd,
		.work = bd_survey_read,
		.context = (void *)request,
		.memory_bytes = MEMORY_BYTES,
		.idle_cpu_s = IDLE_CPU_S,
	};
	off_t end = lseek(fd, 0, SEEK_END);
	struct bd_frame frame;
	int more = 1;

	if (end < 0)
		return bd_fail_errno(err, "cannot determine its size");
	collecting.survey.size_bytes = (uint64_t)end;
	if (bd_frame_reader_start(&reader, &job, err) != 0)
		return -1;
	while (more > 0) {
		more = bd_frame_reader_next(&reader, &frame, err);
		if (more == 0)
			more = take_frame(&collecting, &frame, err);
	}
	survey = collecting.survey; /* its owner from here on */
	if (collecting.shows_progress)
		bd_progress_end(more < 0);
	if (more < 0 || bd_frame_reader_finish(&reader, err) != 0)
		return -1;
	cut_whole(&survey);
	if (bd_survey_fill(&survey.regions, &survey.region_count, survey.size_bytes, err) != 0)
		return -1;
	*survey_out = bd_take_struct(survey);
	return 0;
}
