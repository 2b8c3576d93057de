/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The check of `doctor` for logical volumes, which it knows by their tags (volume/change.h). */
#include "ops/doctor/volumes.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/file/lock.h"
#include "base/text.h"
#include "volume/change.h"
#include "volume/find.h"
#include "volume/lvm.h"

#define SELECTION "tags=\"" BD_VOLUME_TAG "\" || tags=\"" BD_VOLUME_TAG_UNFINISHED "\""

static bool is_in_work(const struct bd_volume *volume)
{
	char path[BD_VOLUME_PATH_SIZE];
	BD_CLOSE int lock_fd = -1;
	struct bd_error in_work;

	bd_volume_lock_path(volume->group, volume->name, path);
	return bd_lock(path, &lock_fd, &in_work) != 0;
}

/* An inactive one has no device, and is known by its name. */
static bool is_named(const struct doctor *doctor, const char *path)
{
	struct stat there;
	bool is_there = stat(path, &there) == 0;

	for (size_t i = 0; i < doctor->cfgs.count; i++)
		for (size_t disk = 0; disk < doctor->cfgs.items[i].disk_count; disk++) {
			const char *named = doctor->cfgs.items[i].disks[disk];
			struct stat other;
			if (bd_text_is_same(named, path) ||
			    (is_there && stat(named, &other) == 0 && S_ISBLK(other.st_mode) &&
			     other.st_rdev == there.st_rdev))
				return true;
		}
	return false;
}

static size_t report(struct doctor *doctor, const struct bd_volume *volume)
{
	bool unfinished = bd_volume_has_tag(volume, BD_VOLUME_TAG_UNFINISHED);
	char path[BD_VOLUME_PATH_SIZE];

	bd_volume_path(volume->group, volume->name, path);
	/* A config that is not there is not known, and neither is one of another folder. */
	if (is_named(doctor, path) || is_in_work(volume) ||
	    (!unfinished && (!doctor->in_system_folders || bd_volume_has_tag(volume, BD_VOLUME_TAG_ELSEWHERE))))
		return 0;
	if (unfinished)
		doctor_found(doctor, "volumes", DOCTOR_WARNING,
			     "the logical volume %s was left by an interrupted run", path);
	else
		doctor_found(doctor, "volumes", DOCTOR_WARNING, "no config in %s uses the logical volume %s",
			     doctor->cfg_dir, path);
	doctor_advise(doctor, "%s: lvremove %s/%s",
		      unfinished ? "the same command again takes its place; or remove it"
				 : "it may be a guest's only disk; if it is not, remove it",
		      volume->group, volume->name);
	return 1;
}

void doctor_check_volumes(struct doctor *doctor)
{
	BD_DISPOSE(bd_volumes_dispose) struct bd_volumes volumes = { 0 };
	struct bd_error err;
	size_t found = 0;

	if (!bd_lvm_is_usable())
		return;
	if (bd_volumes_find(SELECTION, &volumes, &err) != 0) {
		doctor_found(doctor, "volumes", DOCTOR_UNCHECKED, "%s", err.message);
		return;
	}
	if (!volumes.count)
		return;
	if (doctor->cfgs_unknown || doctor->cfgs.unreadable_count) {
		doctor_found(doctor, "volumes", DOCTOR_UNCHECKED,
			     "a config that cannot be read, or has no name, may use any volume");
		return;
	}
	for (size_t i = 0; i < volumes.count; i++)
		found += report(doctor, &volumes.items[i]);
	if (!found)
		doctor_found(doctor, "volumes", DOCTOR_OK, "%zu, each of a guest", volumes.count);
}
