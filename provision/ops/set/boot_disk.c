/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks at a disk, in a sandboxed child, for what can boot a guest. */
#include "ops/set/boot_disk.h"

#include <errno.h>
#include <string.h>

#include "inside/examine/examine.h"
#include "inside/survey/survey.h"

void set_boot_disk_dispose(struct set_boot_disk *disk)
{
	bd_survey_dispose(&disk->survey);
	bd_examine_dispose(&disk->examine);
}

int set_boot_disk_look(int fd, const char *path, struct set_boot_disk *disk_out, struct bd_error *err)
{
	const struct bd_survey_request request = { .partition = 0 };
	struct set_boot_disk disk = { .path = path, .fd = fd };

	if (bd_survey_image(fd, &request, &disk.survey, err) != 0 ||
	    bd_examine_image(fd, &disk.survey, &disk.examine, err) != 0) {
		set_boot_disk_dispose(&disk);
		return bd_wrap(err, "%s", path);
	}
	*disk_out = disk;
	return 0;
}

bool set_boot_disk_is_dark(const struct set_boot_disk *disk)
{
	for (size_t i = 0; i < disk->survey.filesystem_count; i++)
		if (!disk->survey.filesystems[i].problem.code)
			return false;
	return true;
}

/* The first filesystem with a configuration that has entries counts, as for pygrub. */
static const struct bd_examine_boot *find_boot(const struct bd_examine *examine)
{
	for (size_t i = 0; i < examine->boot_count; i++)
		if (examine->boots[i].entry_count)
			return &examine->boots[i];
	return NULL;
}

int set_boot_disk_entry(const struct set_boot_disk *disk, const struct bd_examine_entry **entry_out,
			int *partition_out, struct bd_error *err)
{
	const struct bd_examine_boot *boot = find_boot(&disk->examine);

	if (set_boot_disk_is_dark(disk))
		return bd_fail(
			err, EINVAL,
			"%s has no ext2, ext3 or ext4 filesystem, so that it cannot be told what it would boot",
			disk->path);
	if (!boot)
		return bd_fail(
			err, EINVAL,
			"%s has no boot configuration with a kernel (grub.cfg, menu.lst, extlinux.conf), so the "
			"guest would not boot",
			disk->path);
	const struct bd_examine_entry *entry = &boot->entries[0];
	for (size_t i = 0; i < boot->entry_count; i++)
		if (boot->entries[i].is_default)
			entry = &boot->entries[i];
	/* What is behind a variable only GRUB itself can tell. */
	if (!strchr(entry->kernel, '$') && !entry->has_kernel)
		return bd_fail(err, EINVAL, "the default entry of %s in %s boots %s, which is missing or empty",
			       boot->config, disk->path, entry->kernel);
	*entry_out = entry;
	*partition_out = boot->partition;
	return 0;
}

int set_boot_disk_check_code(const struct set_boot_disk *disk, struct bd_error *err)
{
	return disk->survey.boot_code != BD_BOOT_CODE_NONE
		       ? 0
		       : bd_fail(err, EINVAL, "%s has no boot code in its first sector, which an hvm guest boots by",
				 disk->path);
}

int set_boot_disk_check_efi(const struct set_boot_disk *disk, struct bd_error *err)
{
	return bd_survey_has_efi_partition(&disk->survey)
		       ? 0
		       : bd_fail(err, EINVAL, "%s has no EFI system partition", disk->path);
}
