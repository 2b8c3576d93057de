/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The check of `doctor` for interrupted changes of disks. */
#include "ops/doctor/interrupted_change.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/shell_word.h"
#include "base/text.h"
#include "disk/redo.h"
#include "ops/doctor/leftovers.h"

#define LOG_SUFFIX ".redo"

static size_t report(struct doctor *doctor, const char *check, const char *image)
{
	BD_FREE char *log = bd_redo_find(image);
	struct bd_error in_use;

	if (!log || doctor_check_in_use(AT_FDCWD, image, &in_use) != 0)
		return 0;
	BD_FREE char *word = bd_shell_word(image);
	doctor_found(doctor, check, DOCTOR_PROBLEM,
		     "a change of the disk %s was interrupted, and is half done; the rest of it is in %s", image,
		     log);
	doctor_advise(
		doctor,
		"complete it before anything else uses the disk, with the command that was interrupted, or: xen-bigdisk "
		"check %s --repair",
		word ? word : "IMAGE");
	return 1;
}

/* The cfgs' own are reported by the names that the cfgs have for them. */
static bool is_named(const struct doctor *doctor, const struct stat *image)
{
	for (size_t i = 0; i < doctor->cfgs.count; i++)
		for (size_t disk = 0; disk < doctor->cfgs.items[i].disk_count; disk++)
			if (bd_path_leads_to(doctor->cfgs.items[i].disks[disk], image))
				return true;
	return false;
}

/* A log without its image is of no use to anybody. */
static size_t report_alone(struct doctor *doctor, const char *check, const char *image, const char *log)
{
	doctor_found(doctor, check, DOCTOR_WARNING,
		     "%s is what was left to be done of an interrupted change of %s, which is not there", log, image);
	doctor_advise_command(doctor, "restore the image, or remove it", "rm", log);
	return 1;
}

static size_t report_log(struct doctor *doctor, const char *check, const char *name)
{
	char image[PATH_MAX], log[PATH_MAX];
	struct stat there;
	int length = (int)(strlen(name) - 1 - strlen(LOG_SUFFIX));

	if (snprintf(image, sizeof(image), "%s/%.*s", doctor->image_dir, length, name + 1) >= (int)sizeof(image) ||
	    snprintf(log, sizeof(log), "%s/%s", doctor->image_dir, name) >= (int)sizeof(log))
		return 0;
	if (lstat(image, &there) != 0)
		return report_alone(doctor, check, image, log);
	return is_named(doctor, &there) ? 0 : report(doctor, check, image);
}

size_t doctor_report_interrupted_changes(struct doctor *doctor, const char *check)
{
	BD_CLOSEDIR DIR *folder = opendir(doctor->image_dir);
	size_t count = 0;

	for (size_t i = 0; i < doctor->cfgs.count; i++)
		for (size_t disk = 0; disk < doctor->cfgs.items[i].disk_count; disk++)
			count += report(doctor, check, doctor->cfgs.items[i].disks[disk]);
	for (const struct dirent *entry; folder && (entry = readdir(folder));)
		if (entry->d_name[0] == '.' && bd_text_ends_in(entry->d_name + 1, LOG_SUFFIX))
			count += report_log(doctor, check, entry->d_name);
	return count;
}
