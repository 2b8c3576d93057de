/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The facts of an image as JSON. */
#include "cli/image/info_json.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "cli/image/words.h"

static void put_text(struct bd_json *json, const char *key, const char *text)
{
	bd_json_string(json, key, *text ? text : NULL);
}

static void put_time(struct bd_json *json, const char *key, int64_t seconds)
{
	time_t time = (time_t)seconds;
	struct tm parts;
	char text[32];

	bd_json_string(json, key,
		       seconds && gmtime_r(&time, &parts) &&
				       strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts)
			       ? text
			       : NULL);
}

static void put_table(struct bd_json *json, const struct bd_survey *survey)
{
	char signature[16];

	if (survey->table == BD_SURVEY_NO_TABLE) {
		bd_json_string(json, "table", NULL);
		return;
	}
	snprintf(signature, sizeof(signature), "%08x", survey->disk_signature);
	bd_json_open_object(json, "table");
	bd_json_string(json, "type", survey->table == BD_SURVEY_GPT ? "gpt" : "mbr");
	bd_json_string(json, "disk_signature", survey->table == BD_SURVEY_MBR ? signature : NULL);
	bd_json_uuid(json, "uuid", survey->has_gpt_uuid ? survey->gpt_uuid : NULL);
	bd_json_uint(json, "sector_bytes", survey->table_sector_bytes);
	bd_json_close_object(json);
}

static void put_geometry(struct bd_json *json, const struct bd_survey *survey)
{
	uint64_t sectors = survey->size_bytes / BD_SECTOR_BYTES;

	bd_json_uint(json, "sectors", sectors);
	bd_json_uint(json, "cylinders", sectors / BD_CYLINDER_SECTORS);
	bd_json_uint(json, "heads", BD_CHS_HEADS);
	bd_json_uint(json, "sectors_per_track", BD_CHS_SECTORS);
	bd_json_uint(json, "sectors_left_over", sectors % BD_CYLINDER_SECTORS);
}

static void put_region(struct bd_json *json, const struct image_info *info, const struct bd_survey_region *region)
{
	uint64_t start = region->start_bytes / BD_SECTOR_BYTES, sectors = region->size_bytes / BD_SECTOR_BYTES;
	bool is_partition = region->kind == BD_SURVEY_PARTITION || region->kind == BD_SURVEY_SWAP;
	char text[40];

	bd_json_open_object(json, NULL);
	bd_json_string(json, "kind", image_region_kind(region->kind));
	bd_json_uint(json, "start_lba", start);
	bd_json_uint(json, "sectors", sectors);
	bd_json_uint(json, "size_bytes", region->size_bytes);
	image_chs_text(start, text);
	bd_json_string(json, "first_chs", text);
	image_chs_text(start + (sectors ? sectors - 1 : 0), text);
	bd_json_string(json, "last_chs", text);
	if (info->data.is_known)
		bd_json_uint(json, "data_bytes",
			     bd_data_ranges_count(&info->data, region->start_bytes,
						  region->start_bytes + region->size_bytes));
	if (is_partition || region->kind == BD_SURVEY_WHOLE)
		put_text(json, "content", region->content);
	if (is_partition) {
		snprintf(text, sizeof(text), "%02x", region->mbr_type);
		bd_json_uint(json, "number", (uint64_t)region->number);
		bd_json_string(json, "type", *region->gpt_type ? region->gpt_type : text);
		put_text(json, "name", region->name);
		bd_json_bool(json, "active", region->is_active);
		bd_json_uuid(json, "swap_uuid", region->has_uuid ? region->uuid : NULL);
	}
	bd_json_bool(json, "overlaps", region->overlaps);
	bd_json_bool(json, "outside", region->is_outside);
	bd_json_close_object(json);
}

static void put_groups(struct bd_json *json, const struct bd_survey_filesystem *filesystem)
{
	bd_json_open_array(json, "block_groups");
	for (size_t i = 0; i < filesystem->group_count; i++) {
		const struct bd_survey_group *group = &filesystem->groups[i];
		bd_json_open_object(json, NULL);
		bd_json_uint(json, "start_block", group->start_block);
		bd_json_uint(json, "blocks", group->blocks);
		bd_json_uint(json, "used_blocks", group->used_blocks);
		bd_json_uint(json, "free_blocks", group->free_blocks);
		bd_json_uint(json, "free_inodes", group->free_inodes);
		bd_json_uint(json, "directories", group->directories);
		bd_json_bool(json, "superblock", group->has_superblock);
		bd_json_bool(json, "unreadable", group->is_unreadable);
		bd_json_close_object(json);
	}
	bd_json_close_array(json);
}

static void put_features(struct bd_json *json, const char *features)
{
	bd_json_open_array(json, "features");
	while (*features) {
		char name[64];
		size_t size = strcspn(features, " ");
		snprintf(name, sizeof(name), "%.*s", (int)size, features);
		bd_json_string(json, NULL, name);
		features += size + (features[size] == ' ');
	}
	bd_json_close_array(json);
}

static void put_journal(struct bd_json *json, const struct bd_survey_filesystem *filesystem)
{
	if (filesystem->journal == BD_SURVEY_NO_JOURNAL) {
		bd_json_string(json, "journal", NULL);
		return;
	}
	bd_json_open_object(json, "journal");
	bd_json_bool(json, "external", filesystem->journal == BD_SURVEY_JOURNAL_DEVICE);
	bd_json_uint(json, "size_bytes", filesystem->journal_bytes);
	bd_json_bool(json, "needs_recovery", filesystem->needs_recovery);
	bd_json_close_object(json);
}

static void put_filesystem(struct bd_json *json, const struct image_info *info,
			   const struct bd_survey_filesystem *filesystem, bool with_groups)
{
	static const char *const states[] = { [BD_SURVEY_CLEAN] = "clean",
					      [BD_SURVEY_NOT_UNMOUNTED] = "not_unmounted",
					      [BD_SURVEY_HAS_ERRORS] = "errors" };

	bd_json_open_object(json, NULL);
	bd_json_uint(json, "partition", (uint64_t)filesystem->partition);
	bd_json_string(json, "type", filesystem->type);
	put_text(json, "label", filesystem->label);
	bd_json_uuid(json, "uuid", filesystem->uuid);
	put_features(json, filesystem->features);
	bd_json_uint(json, "size_bytes", image_filesystem_bytes(filesystem));
	bd_json_uint(json, "partition_bytes", filesystem->room_bytes);
	bd_json_uint(json, "block_bytes", filesystem->block_bytes);
	bd_json_uint(json, "blocks", filesystem->blocks);
	bd_json_uint(json, "free_blocks", filesystem->free_blocks);
	bd_json_uint(json, "reserved_blocks", filesystem->reserved_blocks);
	bd_json_uint(json, "used_blocks", filesystem->used_blocks);
	bd_json_uint(json, "groups", filesystem->group_count);
	bd_json_uint(json, "blocks_per_group", filesystem->blocks_per_group);
	bd_json_uint(json, "inodes", filesystem->inodes);
	bd_json_uint(json, "free_inodes", filesystem->free_inodes);
	bd_json_uint(json, "inode_bytes", filesystem->inode_bytes);
	bd_json_string(json, "state", states[filesystem->state]);
	bd_json_uint(json, "error_count", filesystem->errors);
	put_journal(json, filesystem);
	put_text(json, "last_mounted_on", filesystem->last_mounted);
	put_time(json, "last_mounted", filesystem->mounted);
	put_time(json, "last_written", filesystem->written);
	put_time(json, "last_checked", filesystem->checked);
	put_time(json, "made", filesystem->made);
	bd_json_uint(json, "mount_count", filesystem->mount_count);
	if (info->data.is_known)
		bd_json_uint(json, "free_data_bytes", filesystem->free_data_bytes);
	if (with_groups)
		put_groups(json, filesystem);
	bd_json_close_object(json);
}

static void put_problems(struct bd_json *json, const struct bd_survey *survey)
{
	bd_json_open_array(json, "errors");
	for (size_t i = 0; i < survey->filesystem_count; i++) {
		struct bd_error problem = survey->filesystems[i].problem;
		if (problem.code && survey->filesystems[i].partition)
			bd_wrap(&problem, "partition %d", survey->filesystems[i].partition);
		if (problem.code)
			bd_json_error(json, NULL, &problem);
	}
	bd_json_close_array(json);
}

int image_info_print_json(const struct image_info *info, bool with_groups, struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_begin();
	const struct bd_survey *survey = &info->survey;

	bd_json_string(json, "image", info->image);
	bd_json_string(json, "guest", info->guest);
	bd_json_bool(json, "running", info->is_running);
	bd_json_bool(json, "device", info->is_device);
	bd_json_uint(json, "size_bytes", survey->size_bytes);
	put_geometry(json, survey);
	bd_json_string(json, "layout", image_layout_name(survey));
	put_table(json, survey);
	bd_json_string(json, "boot_code",
		       survey->table == BD_SURVEY_NO_TABLE ? NULL : bd_boot_code_name(survey->boot_code));
	bd_json_uint(json, "allocated_bytes", info->allocated_bytes);
	if (info->data.is_known) {
		bd_json_uint(json, "data_bytes", info->data.data_bytes);
		bd_json_uint(json, "hole_bytes", info->data.hole_bytes);
		bd_json_uint(json, "holes", info->data.hole_count);
	}
	bd_json_open_array(json, "regions");
	for (size_t i = 0; i < survey->region_count; i++)
		put_region(json, info, &survey->regions[i]);
	bd_json_close_array(json);
	bd_json_open_array(json, "filesystems");
	for (size_t i = 0; i < survey->filesystem_count; i++)
		if (!survey->filesystems[i].problem.code)
			put_filesystem(json, info, &survey->filesystems[i], with_groups);
	bd_json_close_array(json);
	put_problems(json, survey);
	return bd_json_finish(json, err);
}
