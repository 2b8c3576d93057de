/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finishing what a fleet's run that was killed has left: an image without a cfg. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cmd/new.h"
#include "image/disk_facts.h"

/* One that was ever mounted is a guest's disk whose cfg went missing, and not for us to remove. */
static bool is_ours(const struct new_job *job, const char *path)
{
	struct bd_disk_facts disk;
	struct bd_error ignored;

	return bd_disk_look(path, &disk, &ignored) == 0 && !disk.is_device && disk.has_root_uuid &&
	       !disk.root_was_mounted &&
	       memcmp(disk.root_uuid, job->guest.root_uuid, sizeof(job->guest.root_uuid)) == 0;
}

/* The image goes last: while it is there, the next run knows the other files too. */
int new_leftover_remove(const struct new_job *job, bool *removed_out, struct bd_error *err)
{
	bool direct = job->guest.boot == BD_BOOT_DIRECT;
	const char *const paths[] = { direct ? job->kernel_path : NULL, direct ? job->ramdisk_path : NULL,
				      job->image_path };

	*removed_out = false;
	if (!job->fleet || job->on_device || access(job->cfg_path, F_OK) == 0 || !is_ours(job, job->image_path))
		return 0;
	bd_warn("%s was left by a run that was interrupted, and is removed", job->image_path);
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (paths[i] && unlink(paths[i]) != 0 && errno != ENOENT)
			return bd_fail_errno(err, "cannot remove %s", paths[i]);
	*removed_out = true;
	return 0;
}
