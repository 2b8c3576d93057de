/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `info`: the facts of a disk image. */
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/printable.h"
#include "base/terminal.h"
#include "cli/command.h"
#include "cli/dir_option.h"
#include "cli/image/info_json.h"
#include "cli/image/words.h"
#include "cli/table.h"
#include "cli/wrap.h"

struct info_options {
	const char *dir;
	bool json;
};

#define AT(member) offsetof(struct info_options, member)

static const struct bd_option option_table[] = {
	DIR_OPTION_ROW(struct info_options),
	{ BD_OPTION_FLAG, "json", NULL, "print a JSON object on stdout", AT(json) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

#define TITLE_COLUMNS 15

/* Wrapped behind its title where stdout is a terminal. */
__attribute__((format(printf, 2, 3))) static void line(const char *title, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	BD_FREE char *clean = bd_printable_format(format, args);
	va_end(args);
	bd_print(stdout, "  %-*s", TITLE_COLUMNS - 2, title);
	bd_put_wrapped(stdout, clean ? clean : "(out of memory)", TITLE_COLUMNS, TITLE_COLUMNS,
		       bd_terminal_columns(stdout));
}

static void heading(const char *text)
{
	fputs(bd_style(stdout, BD_STYLE_BOLD), stdout);
	bd_print(stdout, "%s", text);
	fputs(bd_style(stdout, BD_STYLE_PLAIN), stdout);
	bd_print(stdout, "\n");
}

/* --- the disk ----------------------------------------------------------------------------------------------------- */

static void print_table_line(const struct bd_survey *survey)
{
	const char *layout = image_layout_name(survey);
	char uuid[BD_UUID_TEXT_SIZE] = "none";

	if (survey->has_gpt_uuid)
		bd_format_uuid(survey->gpt_uuid, uuid);
	if (survey->table == BD_SURVEY_NO_TABLE)
		line("table", "none");
	else if (survey->table == BD_SURVEY_GPT)
		line("table", "GPT of %" PRIu32 "-byte sectors, disk UUID %s", survey->table_sector_bytes, uuid);
	else
		line("table", "MBR, disk signature %08" PRIx32, survey->disk_signature);
	if (layout)
		line("layout", "%s", layout);
	if (survey->table != BD_SURVEY_NO_TABLE)
		line("boot code", "%s", image_boot_code_title(survey->boot_code));
}

static void print_host(const struct image_info *info)
{
	char allocated[32], holes[32];

	if (info->is_device) {
		line("on the host", "a block device");
		return;
	}
	image_size_text(info->allocated_bytes, allocated);
	image_size_text(info->data.hole_bytes, holes);
	if (info->data.is_known)
		line("on the host", "%s allocated (%u%%); %" PRIu64 " hole%s of %s%s", allocated,
		     image_percent(info->allocated_bytes, info->survey.size_bytes), info->data.hole_count,
		     info->data.hole_count == 1 ? "" : "s", holes, info->data.hole_count > 1 ? " together" : "");
	else
		line("on the host", "%s allocated; its filesystem does not tell where holes are", allocated);
}

static void print_disk(const struct image_info *info)
{
	const struct bd_survey *survey = &info->survey;
	uint64_t sectors = survey->size_bytes / BD_SECTOR_BYTES, left = sectors % BD_CYLINDER_SECTORS;
	char size[32];

	image_size_text(survey->size_bytes, size);
	heading(info->guest ? info->guest : info->image);
	if (info->guest)
		line("image", "%s", info->image);
	line("size", "%s (%" PRIu64 " bytes)", size, survey->size_bytes);
	line("sectors", "%" PRIu64 " of %u bytes", sectors, BD_SECTOR_BYTES);
	line("cylinders",
	     "%" PRIu64 " of %u heads and %u sectors, which are %u sectors or %u bytes each; %" PRIu64
	     " sectors are left over",
	     sectors / BD_CYLINDER_SECTORS, BD_CHS_HEADS, BD_CHS_SECTORS, BD_CYLINDER_SECTORS,
	     BD_CYLINDER_SECTORS * BD_SECTOR_BYTES, left);
	print_table_line(survey);
	print_host(info);
}

/* --- regions ------------------------------------------------------------------------------------------------------ */

static int print_regions(const struct image_info *info, struct bd_error *err)
{
	static const struct bd_column columns[] = {
		{ .title = "REGION" },
		{ .title = "START", .to_the_right = true },
		{ .title = "END", .to_the_right = true, .rank = 2 },
		{ .title = "SECTORS", .to_the_right = true, .rank = 1 },
		{ .title = "SIZE", .to_the_right = true },
		{ .title = "DATA", .to_the_right = true, .rank = 5 },
		{ .title = "FIRST C/H/S", .to_the_right = true, .rank = 3 },
		{ .title = "LAST C/H/S", .to_the_right = true, .rank = 3 },
		{ .title = "TYPE", .if_any = true, .rank = 4 },
		{ .title = "CONTENT" },
	};
	BD_DISPOSE(bd_table_dispose) struct bd_table table;

	bd_table_init(&table, columns, sizeof(columns) / sizeof(*columns));
	for (size_t i = 0; i < info->survey.region_count; i++) {
		const struct bd_survey_region *region = &info->survey.regions[i];
		char title[IMAGE_WORDS_SIZE], content[IMAGE_WORDS_SIZE], start[24], end[24], count[24], size[32],
			data[32], first[40], last[40], type[40] = "";
		uint64_t lba = region->start_bytes / BD_SECTOR_BYTES, sectors = region->size_bytes / BD_SECTOR_BYTES;
		uint64_t last_lba = lba + (sectors ? sectors - 1 : 0);
		image_region_title(&info->survey, region, title);
		image_region_content(&info->survey, region, content);
		snprintf(start, sizeof(start), "%" PRIu64, lba);
		snprintf(end, sizeof(end), "%" PRIu64, last_lba);
		snprintf(count, sizeof(count), "%" PRIu64, sectors);
		image_size_text(region->size_bytes, size);
		image_size_text(bd_data_ranges_count(&info->data, region->start_bytes,
						     region->start_bytes + region->size_bytes),
				data);
		image_chs_text(lba, first);
		image_chs_text(last_lba, last);
		if (region->number && info->survey.table == BD_SURVEY_MBR)
			snprintf(type, sizeof(type), "%02Xh", region->mbr_type);
		const char *const cells[] = { title, start, end, count, size, data, first, last, type, content };
		if (bd_table_add(&table, cells, err) != 0)
			return -1;
	}
	bd_print(stdout, "\n");
	bd_table_print(&table, stdout);
	return 0;
}

/* --- filesystems -------------------------------------------------------------------------------------------------- */

/* The article's lie: the superblock and the partition table do not say the same. */
static void print_fit(const struct bd_survey_filesystem *filesystem, uint64_t disk_bytes)
{
	uint64_t bytes = image_filesystem_bytes(filesystem), room = filesystem->room_bytes;
	uint64_t rest = room > bytes ? room - bytes : bytes - room;
	const char *what = filesystem->partition ? "partition" : "disk";
	char size[32], difference[32];

	image_size_text(bytes, size);
	image_size_text(rest, difference);
	if (bytes > room)
		line("size", "%s, which is %s MORE than its %s has: one of the two is lying", size, difference, what);
	else if (rest >= filesystem->block_bytes)
		line("size", "%s; %s at the end of its %s are not used by it", size, difference, what);
	else
		line("size", "%s, all of its %s", size, what);
	if (filesystem->start_bytes + bytes > disk_bytes && filesystem->start_bytes < disk_bytes) {
		image_size_text(filesystem->start_bytes + bytes - disk_bytes, difference);
		line("",
		     "%s of it are BEHIND THE END of the disk: the image is truncated, or the superblock is lying",
		     difference);
	}
}

static void print_journal(const struct bd_survey_filesystem *filesystem)
{
	char size[32];

	image_size_text(filesystem->journal_bytes, size);
	if (filesystem->journal == BD_SURVEY_NO_JOURNAL)
		line("journal", "none");
	else
		line("journal", "%s, %s", filesystem->journal == BD_SURVEY_JOURNAL ? size : "on another device",
		     filesystem->needs_recovery ? "to be replayed" : "with nothing to be replayed");
}

static void print_state(const struct bd_survey_filesystem *filesystem)
{
	static const char *const states[] = { [BD_SURVEY_CLEAN] = "clean",
					      [BD_SURVEY_NOT_UNMOUNTED] = "in use, or not unmounted cleanly",
					      [BD_SURVEY_HAS_ERRORS] = "marked as having errors; run e2fsck" };

	if (filesystem->errors)
		line("state", "%s (errors counted: %" PRIu32 ")", states[filesystem->state], filesystem->errors);
	else
		line("state", "%s", states[filesystem->state]);
}

static void print_times(const struct bd_survey_filesystem *filesystem)
{
	char text[32];

	image_time_text(filesystem->made, text);
	line("made", "%s", text);
	image_time_text(filesystem->mounted, text);
	line("last mounted", "%s%s%s (%" PRIu32 " times since it was checked)", text,
	     *filesystem->last_mounted ? " on " : "", filesystem->last_mounted, filesystem->mount_count);
	image_time_text(filesystem->written, text);
	line("last written", "%s", text);
	image_time_text(filesystem->checked, text);
	line("last checked", "%s", text);
}

static void print_filesystem(const struct image_info *info, const struct bd_survey_filesystem *filesystem)
{
	uint64_t blocks = filesystem->blocks, bytes = filesystem->block_bytes;
	size_t unreadable = 0;
	char title[64], uuid[BD_UUID_TEXT_SIZE], size[32], used[32], free_data[32];

	snprintf(title, sizeof(title), "\n%s %s%.0d", filesystem->type,
		 filesystem->partition ? "in partition " : "on the whole disk", filesystem->partition);
	heading(title);
	bd_format_uuid(filesystem->uuid, uuid);
	line("label", "%s", *filesystem->label ? filesystem->label : "none");
	line("UUID", "%s", uuid);
	print_fit(filesystem, info->survey.size_bytes);
	image_size_text(filesystem->used_blocks * bytes, used);
	line("used", "%s (%u%%): %" PRIu64 " of %" PRIu64 " blocks", used,
	     image_percent(filesystem->used_blocks, blocks), filesystem->used_blocks, blocks);
	line("free", "%" PRIu64 " blocks, of which %" PRIu64 " are reserved", filesystem->free_blocks,
	     filesystem->reserved_blocks);
	image_size_text(bytes, size);
	line("blocks", "%" PRIu32 " bytes; %" PRIu32 " in a group, %zu group%s", filesystem->block_bytes,
	     filesystem->blocks_per_group, filesystem->group_count, filesystem->group_count == 1 ? "" : "s");
	line("inodes", "%" PRIu32 " of %" PRIu32 " bytes, %" PRIu32 " free", filesystem->inodes,
	     filesystem->inode_bytes, filesystem->free_inodes);
	print_journal(filesystem);
	line("features", "%s", *filesystem->features ? filesystem->features : "none");
	print_state(filesystem);
	print_times(filesystem);
	for (size_t i = 0; i < filesystem->group_count; i++)
		unreadable += filesystem->groups[i].is_unreadable;
	if (unreadable)
		line("bitmaps", "%zu of %zu cannot be read or have wrong checksums; run e2fsck", unreadable,
		     filesystem->group_count);
	image_size_text(filesystem->free_data_bytes, free_data);
	if (info->data.is_known)
		line("on the host", "%s are allocated for blocks that are free", free_data);
}

static int run_info(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct info_options *options = options_pointer;
	BD_DISPOSE(image_info_dispose) struct image_info info = { 0 };

	if (image_info_read(arguments[0], options->dir, &info, err) != 0)
		return -1;
	if (options->json) {
		if (image_info_print_json(&info, false, err) != 0)
			return -1;
		if (image_info_check(&info, err) == 0)
			return 0;
		return bd_reported(err);
	}
	print_disk(&info);
	if (print_regions(&info, err) != 0)
		return -1;
	for (size_t i = 0; i < info.survey.filesystem_count; i++)
		if (!info.survey.filesystems[i].problem.code)
			print_filesystem(&info, &info.survey.filesystems[i]);
	return image_info_check(&info, err);
}

const struct bd_command bd_command_info = {
	.name = "info",
	.arguments = "GUEST|IMAGE",
	.summary = "show what is on a guest's disk or an image, and what it takes on the host",
	.description =
		"Prints the geometry of a disk in sectors and in cylinders of 255 heads and 63 sectors, its regions from "
		"the MBR to what is behind the last partition, each ext2, ext3 or ext4 filesystem, and how much of it is "
		"allocated on the host. SECTORS begin at 0, C/H/S is cylinder, head and sector, and DATA is what is not "
		"in holes.\n\n"
		"GUEST is the first disk of a guest, IMAGE a disk image, a filesystem image or a block device; with "
		"GUEST@2 or IMAGE@2 only the filesystem in partition 2 is looked at. Nothing is written. The image is "
		"read in a process without any rights, so that a crafted one can do no harm. Where a journal has to be "
		"replayed, what is shown is what will be there after that. Where a filesystem cannot be read, all else is printed, "
		"and the exit status is 1.",
	.examples = "xen-bigdisk info web01\tthe disk of web01\n"
		    "xen-bigdisk info disk.img@2 --json\tthe second partition of an image, for scripts\n",
	.statuses = "4",
	.options = option_table,
	.options_size = sizeof(struct info_options),
	.run = run_info,
};
