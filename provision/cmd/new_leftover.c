/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finishing what a run that was killed has left: an image without a cfg. */
#include <errno.h>
#include <unistd.h>

#include "base/log.h"
#include "cmd/new.h"
#include "image/disk_facts.h"

/* One that was ever mounted is a guest's disk, whatever its mark, and not for us to remove. */
bool new_leftover_is_there(const struct new_job *job)
{
	struct bd_disk_facts disk;
	struct bd_error ignored;

	return !job->on_device && !new_exists(job) && bd_disk_look(job->image_path, &disk, &ignored) == 0 &&
	       disk.is_sticky && !disk.root_was_mounted;
}

/* The image goes last: while it is there, the next run knows the other files too. */
int new_leftover_remove(const struct new_job *job, bool *removed_out, struct bd_error *err)
{
	bool direct = job->guest.boot == BD_BOOT_DIRECT;
	const char *const paths[] = { direct ? job->kernel_path : NULL, direct ? job->ramdisk_path : NULL,
				      job->image_path };

	*removed_out = false;
	if (!new_leftover_is_there(job))
		return 0;
	bd_warn("%s was left by a run that was interrupted, and is removed", job->image_path);
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (paths[i] && unlink(paths[i]) != 0 && errno != ENOENT)
			return bd_fail_errno(err, "cannot remove %s", paths[i]);
	*removed_out = true;
	return 0;
}
