/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words for what was checked, whatever came of it. */
#include "ops/check/check_lines.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"

struct describing {
	int (*take)(void *context, char *line, struct bd_error *err);
	void *context;
};

static int __attribute__((format(printf, 3, 4)))
put(const struct describing *to, struct bd_error *err, const char *format, ...)
{
	va_list arguments;
	char *line;

	va_start(arguments, format);
	int r = vasprintf(&line, format, arguments);
	va_end(arguments);
	return r < 0 ? bd_no_memory(err) : to->take(to->context, line, err);
}

static int put_table(const struct check_disk *disk, const struct describing *to, struct bd_error *err)
{
	size_t partitions = 0;
	char size[32];

	bd_format_size(disk->survey.size_bytes, size, sizeof(size));
	for (size_t i = 0; i < disk->survey.region_count; i++)
		partitions += check_disk_is_partition(&disk->survey.regions[i]);
	if (disk->survey.table == BD_SURVEY_NO_TABLE)
		return put(to, err, "partition table: none on %s", size);
	return put(to, err, "partition table: %s with %zu partition%s on %s",
		   disk->survey.table == BD_SURVEY_GPT ? "GPT" : "MBR", partitions, partitions == 1 ? "" : "s", size);
}

static int put_boot_sector(const struct check_disk *disk, const struct describing *to, struct bd_error *err)
{
	static const char *const names[] = { [BD_BOOT_CODE_NONE] = "no boot code",
					     [BD_BOOT_CODE_GRUB2] = "GRUB 2",
					     [BD_BOOT_CODE_GRUB_LEGACY] = "GRUB Legacy",
					     [BD_BOOT_CODE_OTHER] = "another boot loader's, which was not checked" };

	if (disk->survey.table == BD_SURVEY_NO_TABLE)
		return 0;
	if (disk->examine.core == BD_EXAMINE_CORE_FINE && disk->survey.boot_code == BD_BOOT_CODE_GRUB_LEGACY)
		return put(to, err, "boot sector: GRUB Legacy, with its next stage at sector %" PRIu64 "%s%s",
			   disk->examine.core_lba, *disk->examine.stage2 ? ", which loads " : "",
			   disk->examine.stage2);
	if (disk->examine.core == BD_EXAMINE_CORE_FINE)
		return put(to, err,
			   "boot sector: GRUB 2, core.img of %" PRIu64 " sectors at sector %" PRIu64
			   ", in a gap of %" PRIu64,
			   disk->examine.core_sectors, disk->examine.core_lba, disk->examine.gap_sectors);
	return put(to, err, "boot sector: %s", names[disk->survey.boot_code]);
}

static const char *fsck_word(const struct check_fsck_result *fsck)
{
	static const char *const words[] = { [CHECK_FSCK_DONE] = "e2fsck finds nothing",
					     [CHECK_FSCK_RUNNING] = "e2fsck not run, as the guest runs",
					     [CHECK_FSCK_JOURNAL] =
						     "e2fsck not run, as its journal is to be replayed first",
					     [CHECK_FSCK_CUT] = "e2fsck not run, as a part of it is missing" };

	return fsck->state == CHECK_FSCK_DONE && fsck->verdict.status ? "e2fsck is not satisfied"
								      : words[fsck->state];
}

static int put_filesystem(const struct check_disk *disk, size_t at, const struct describing *to, struct bd_error *err)
{
	const struct bd_survey_filesystem *filesystem = &disk->survey.filesystems[at];
	char size[32], room[32], where[32] = "whole disk";

	if (filesystem->problem.code)
		return 0;
	bd_format_size(filesystem->blocks * filesystem->block_bytes, size, sizeof(size));
	bd_format_size(filesystem->room_bytes, room, sizeof(room));
	if (filesystem->partition)
		snprintf(where, sizeof(where), "partition %d", filesystem->partition);
	return put(to, err, "%s: %s of %s in %s; %s", where, filesystem->type, size, room,
		   fsck_word(&disk->fscks[at]));
}

/* What is no filesystem of ours and no swap area: XFS, LVM and so on. */
static int put_other(const struct bd_survey_region *region, const struct describing *to, struct bd_error *err)
{
	if ((region->kind != BD_SURVEY_PARTITION && region->kind != BD_SURVEY_WHOLE) || bd_survey_is_ext(region) ||
	    strcmp(region->content, "nothing recognised") == 0)
		return 0;
	return region->number
		       ? put(to, err, "partition %d: %s, which is not checked", region->number, region->content)
		       : put(to, err, "whole disk: %s, which is not checked", region->content);
}

static int put_boot(const struct bd_examine_boot *boot, const struct describing *to, struct bd_error *err)
{
	for (size_t i = 0; i < boot->entry_count; i++)
		if (boot->entries[i].is_default)
			return put(to, err, "boot entries: %zu in %s; the default is %s", boot->entry_count,
				   boot->config, boot->entries[i].kernel);
	return boot->is_root ? put(to, err, "boot entries: none%s%s", *boot->config ? " in " : "", boot->config) : 0;
}

int check_describe(const struct check_disk *disk, int (*take)(void *context, char *line, struct bd_error *err),
		   void *context, struct bd_error *err)
{
	const struct describing to = { take, context };

	if (put_table(disk, &to, err) != 0 || put_boot_sector(disk, &to, err) != 0)
		return -1;
	for (size_t i = 0; i < disk->survey.filesystem_count; i++)
		if (put_filesystem(disk, i, &to, err) != 0)
			return -1;
	for (size_t i = 0; i < disk->survey.region_count; i++)
		if ((disk->survey.regions[i].kind == BD_SURVEY_SWAP &&
		     put(&to, err, "partition %d: swap area", disk->survey.regions[i].number) != 0) ||
		    put_other(&disk->survey.regions[i], &to, err) != 0)
			return -1;
	for (size_t i = 0; i < disk->examine.boot_count; i++)
		if (put_boot(&disk->examine.boots[i], &to, err) != 0)
			return -1;
	return 0;
}
