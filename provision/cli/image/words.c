/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names, sizes and times. */
#include "cli/image/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const char *image_region_kind(enum bd_survey_region_kind kind)
{
	static const char *const names[BD_SURVEY_REGION_COUNT] = {
		[BD_SURVEY_BOOT_RECORD] = "mbr",     [BD_SURVEY_BOOT_LOADER] = "boot_loader",
		[BD_SURVEY_GPT_HEADER] = "gpt",	     [BD_SURVEY_GPT_BACKUP] = "gpt_backup",
		[BD_SURVEY_PARTITION] = "partition", [BD_SURVEY_SWAP] = "swap",
		[BD_SURVEY_WHOLE] = "whole",	     [BD_SURVEY_UNUSED] = "unused",
	};
	return names[kind];
}

const char *image_boot_code_title(enum bd_boot_code boot_code)
{
	static const char *const titles[BD_BOOT_CODE_COUNT] = {
		[BD_BOOT_CODE_NONE] = "none",
		[BD_BOOT_CODE_GRUB2] = "GRUB 2",
		[BD_BOOT_CODE_GRUB_LEGACY] = "GRUB Legacy",
		[BD_BOOT_CODE_OTHER] = "not GRUB's",
	};
	return titles[boot_code];
}

static const char *loader_title(enum bd_boot_code boot_code)
{
	switch (boot_code) {
	case BD_BOOT_CODE_GRUB2:
		return "core.img";
	case BD_BOOT_CODE_GRUB_LEGACY:
		return "stage 1.5";
	default:
		return "in the gap";
	}
}

void image_region_title(const struct bd_survey *survey, const struct bd_survey_region *region,
			char text_out[IMAGE_WORDS_SIZE])
{
	static const char *const titles[BD_SURVEY_REGION_COUNT] = {
		[BD_SURVEY_GPT_HEADER] = "GPT",
		[BD_SURVEY_GPT_BACKUP] = "GPT backup",
		[BD_SURVEY_WHOLE] = "whole disk",
		[BD_SURVEY_UNUSED] = "unused",
	};
	const char *title = titles[region->kind];

	if (region->kind == BD_SURVEY_BOOT_RECORD)
		title = "MBR";
	else if (region->kind == BD_SURVEY_BOOT_LOADER)
		title = loader_title(survey->boot_code);
	if (title)
		snprintf(text_out, IMAGE_WORDS_SIZE, "%s", title);
	else
		snprintf(text_out, IMAGE_WORDS_SIZE, "partition %d", region->number);
}

const struct bd_survey_filesystem *image_region_filesystem(const struct bd_survey *survey,
							   const struct bd_survey_region *region)
{
	bool is_partition = region->kind == BD_SURVEY_PARTITION || region->kind == BD_SURVEY_WHOLE;

	for (size_t i = 0; is_partition && i < survey->filesystem_count; i++)
		if (survey->filesystems[i].partition == region->number && !survey->filesystems[i].problem.code)
			return &survey->filesystems[i];
	return NULL;
}

void image_region_content(const struct bd_survey *survey, const struct bd_survey_region *region,
			  char text_out[IMAGE_WORDS_SIZE])
{
	const struct bd_survey_filesystem *filesystem = image_region_filesystem(survey, region);
	const char *outside = region->is_outside ? "; ends BEHIND THE END of the disk" : "";
	const char *overlaps = region->overlaps ? "; OVERLAPS the region before" : "";
	const char *label = filesystem && *filesystem->label ? filesystem->label : region->name;

	text_out[0] = '\0';
	if (region->kind == BD_SURVEY_BOOT_RECORD && survey->table == BD_SURVEY_GPT)
		snprintf(text_out, IMAGE_WORDS_SIZE, "protective");
	else if (region->kind == BD_SURVEY_BOOT_RECORD)
		snprintf(text_out, IMAGE_WORDS_SIZE, "boot code: %s", image_boot_code_title(survey->boot_code));
	else
		snprintf(text_out, IMAGE_WORDS_SIZE, "%s%s%s%s%s%s%s", region->content, *label ? " \"" : "", label,
			 *label ? "\"" : "", region->is_active ? ", active" : "", outside, overlaps);
}

void image_size_text(uint64_t bytes, char text_out[32])
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double value = (double)bytes;
	size_t unit = 0;

	/* 999.5 would have four digits. */
	while (unit < 6 && value >= 999.5) {
		value /= 1024;
		unit++;
	}
	int digits = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
	snprintf(text_out, 32, "%.*f", digits, value);
	/* "4", not "4.00". */
	if (digits) {
		char *end = text_out + strlen(text_out);
		while (end[-1] == '0')
			*--end = '\0';
		if (end[-1] == '.')
			*--end = '\0';
	}
	snprintf(text_out + strlen(text_out), 32 - strlen(text_out), " %s", units[unit]);
}

void image_chs_text(uint64_t lba, char text_out[40])
{
	snprintf(text_out, 40, "%" PRIu64 "/%" PRIu64 "/%" PRIu64, lba / BD_CYLINDER_SECTORS,
		 lba / BD_CHS_SECTORS % BD_CHS_HEADS, lba % BD_CHS_SECTORS + 1);
}

unsigned image_percent(uint64_t part, uint64_t all)
{
	unsigned percent = all ? (unsigned)((double)part / (double)all * 100 + 0.5) : 0;

	if (part && percent == 0)
		return 1;
	return part < all && percent >= 100 ? 99 : percent;
}

void image_time_text(int64_t seconds, char text_out[32])
{
	time_t time = (time_t)seconds;
	struct tm parts;

	if (!seconds)
		strcpy(text_out, "never");
	else if (!localtime_r(&time, &parts) || !strftime(text_out, 32, "%Y-%m-%d %H:%M:%S", &parts))
		strcpy(text_out, "?");
}
