/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Surveys a disk in the sandbox, decides, and hands it to the writer. */
#include "import/disk/whole_disk.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/sector.h"
#include "base/text.h"
#include "import/disk/unused.h"
#include "import/disk/whole_system.h"
#include "inside/root.h"
#include "inside/survey/survey.h"
#include "template/writer/whole_disk.h"

/* Of a partition, or of a disk without any; NULL: nothing that has a name. */
static const char *content_of(const struct bd_survey_region *region)
{
	bool is_content = region->number || region->kind == BD_SURVEY_WHOLE;

	return is_content && *region->content && strcmp(region->content, "nothing recognised") != 0 ? region->content
												    : NULL;
}

static bool is_listed(const struct bd_survey *survey, size_t number)
{
	for (size_t i = 0; i < number; i++) {
		const char *content = content_of(&survey->regions[i]);
		if (content && strcmp(content, survey->regions[number].content) == 0)
			return true;
	}
	return false;
}

/* Windows boots from nothing else, and no other system from only these. */
static bool is_windows(const struct bd_survey *survey)
{
	static const char *const own[] = { "ntfs", "BitLocker", "ReFS", NULL };
	static const char *const also[] = { "vfat", "exfat", NULL };
	bool found = false;

	for (size_t i = 0; i < survey->region_count; i++) {
		const char *content = content_of(&survey->regions[i]);
		if (content && !bd_text_is_any(content, own) && !bd_text_is_any(content, also))
			return false;
		found |= content && bd_text_is_any(content, own);
	}
	return found;
}

/* What a filesystem without a partition table has in its first sector is its own. */
static bool has_boot_code(const struct bd_survey *survey)
{
	return survey->boot_code == BD_BOOT_CODE_GRUB2 || survey->boot_code == BD_BOOT_CODE_GRUB_LEGACY ||
	       (survey->boot_code == BD_BOOT_CODE_OTHER && survey->table != BD_SURVEY_NO_TABLE);
}

static void fill_facts(const struct bd_survey *survey, struct bd_manifest_disk *disk)
{
	static const char *const tables[] = {
		[BD_SURVEY_NO_TABLE] = "none", [BD_SURVEY_MBR] = "mbr", [BD_SURVEY_GPT] = "gpt"
	};

	*disk = (struct bd_manifest_disk){ .size_bytes = survey->size_bytes,
					   .has_boot_code = has_boot_code(survey),
					   .has_efi_partition = bd_survey_has_efi_partition(survey),
					   .is_windows = is_windows(survey) };
	snprintf(disk->table, sizeof(disk->table), "%s", tables[survey->table]);
	for (size_t i = 0; i < survey->region_count; i++)
		if (content_of(&survey->regions[i]) && !is_listed(survey, i))
			bd_text_append(disk->content, sizeof(disk->content), ", ", "%s", survey->regions[i].content);
}

/* One that cannot be read is for the reader to refuse, with its reason. */
static int has_etc(int fd, const struct bd_survey_region *region, bool *has_out, struct bd_error *err)
{
	BD_DISPOSE(bd_inside_root_dispose) struct bd_inside_root root = BD_INSIDE_ROOT_INIT;
	struct bd_root_facts etc;
	struct bd_error unreadable = BD_ERROR_INIT;

	*has_out = true;
	if (bd_inside_root_open(fd, region->start_bytes, region->size_bytes, &root, &unreadable) != 0)
		return unreadable.kind == BD_KIND_CANCELED ? bd_fail_as(err, &unreadable, "%s", unreadable.message)
							   : 0;
	const struct bd_root_reader reader = bd_inside_root_reader(&root);
	if (reader.look(reader.source, "/etc", true, &etc, err) != 0)
		return -1;
	*has_out = S_ISDIR(etc.mode);
	return 0;
}

/* Disks that can be read file by file, and those that are none: of a filesystem without a partition table nothing boots. */
static int is_root(int fd, const struct bd_survey *survey, bool *root_out, struct bd_error *err)
{
	*root_out = survey->table == BD_SURVEY_NO_TABLE;
	for (size_t i = 0; !*root_out && i < survey->region_count; i++)
		if (survey->regions[i].number && bd_survey_is_ext(&survey->regions[i]) &&
		    has_etc(fd, &survey->regions[i], root_out, err) != 0)
			return -1;
	return 0;
}

static const char *name_of(const char *content)
{
	static const char *const names[][2] = {
		{ "xfs", "XFS" },	  { "crypto_LUKS", "LUKS" },
		{ "LVM2_member", "LVM" }, { "linux_raid_member", "a Linux RAID member" },
		{ "ntfs", "NTFS" },	  { "ufs", "UFS" }
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(content, names[i][0]) == 0)
			return names[i][1];
	return content;
}

/* The partition that has most of the disk is the one that the system is on. */
static void say_why(const struct bd_survey *survey)
{
	const struct bd_survey_region *largest = NULL;

	for (size_t i = 0; i < survey->region_count; i++)
		if (survey->regions[i].number && (!largest || survey->regions[i].size_bytes > largest->size_bytes))
			largest = &survey->regions[i];
	const char *content = largest ? content_of(largest) : NULL;
	if (!largest)
		bd_info("taken as a whole disk: it has no partitions");
	else if (content && !bd_survey_is_ext(largest))
		bd_info("taken as a whole disk: its largest partition, %d, has %s", largest->number,
			name_of(content));
	else
		bd_info("taken as a whole disk: none of its partitions has a root filesystem in ext2, ext3 or ext4");
}

static int take(const struct bd_raw_disk *raw, int source_fd, const struct bd_survey *survey,
		bd_progress_report progress, struct bd_sealed_writer *writer, struct bd_error *err)
{
	struct bd_manifest_disk disk;
	struct stat before, after;
	struct bd_system system;
	bool has_system = false;

	fill_facts(survey, &disk);
	if (disk.size_bytes == 0 || disk.size_bytes % BD_SECTOR_BYTES)
		return bd_fail(err, EINVAL, "%llu bytes are no disk: that is not a whole number of sectors",
			       (unsigned long long)disk.size_bytes);
	if (fstat(source_fd, &before) != 0)
		return bd_fail_errno(err, "cannot read it");
	if (bd_source_check_unused(source_fd, err) != 0 ||
	    bd_whole_system_detect(raw->fd, survey, disk.has_efi_partition, &has_system, &system, err) != 0 ||
	    bd_sealed_writer_take_disk(writer, raw->fd, raw->is_unpacked, &disk, has_system ? &system : NULL,
				       progress, err) != 0)
		return -1;
	if (fstat(source_fd, &after) != 0 || before.st_size != after.st_size ||
	    bd_compare_times(&before.st_mtim, &after.st_mtim) != 0)
		return bd_in_use(err, "it was written to while it was read");
	return bd_source_check_unused(source_fd, err);
}

int bd_source_whole_disk(const struct bd_raw_disk *raw, int source_fd, bd_progress_report progress,
			 struct bd_sealed_writer *writer, bool *taken_out, struct bd_error *err)
{
	enum bd_sealed_writer_form form = bd_sealed_writer_form(writer);
	BD_DISPOSE(bd_survey_dispose) struct bd_survey survey = { 0 };
	bool root = false;

	*taken_out = false;
	if (form == BD_SEALED_WRITER_ROOT)
		return 0;
	if (bd_survey_image(raw->fd, &(struct bd_survey_request){ .only_regions = true }, &survey, err) != 0)
		return -1;
	if (form == BD_SEALED_WRITER_ROOT_OR_DISK && is_root(raw->fd, &survey, &root, err) != 0)
		return -1;
	if (root)
		return 0;
	if (form == BD_SEALED_WRITER_ROOT_OR_DISK)
		say_why(&survey);
	*taken_out = true;
	return take(raw, source_fd, &survey, progress, writer, err);
}
