/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lock, the disk, and what is left of it on failure. */
#include "ops/create/fill.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file/lock.h"
#include "base/progress.h"
#include "ops/create/create.h"
#include "ops/create/device.h"

/* By the name that all commands have it by which change an image (ops/image/place.h). */
static int lock_target(const struct create_job *job, int *lock_fd_out, struct bd_error *err)
{
	BD_FREE char *path = realpath(job->image_path, NULL);

	return path ? bd_lock(path, lock_fd_out, err) : bd_fail_lookup(err, "cannot use %s", job->image_path);
}

int create_fill(struct create_job *job, struct create_files *files, double *make_s_out, struct bd_error *err)
{
	BD_CLOSE int lock_fd = -1; /* given back last */

	if (create_check(job, err) != 0 || lock_target(job, &lock_fd, err) != 0 ||
	    create_device_open(job, BD_DEVICE_WRITE, &files->device, err) != 0)
		return -1;
	double begin_s = bd_progress_elapsed_s();
	if (create_files_make(job, files, err) != 0 || create_files_publish(files, err) != 0)
		return bd_device_abandon(&files->device, err);
	bd_progress_end(0);
	*make_s_out = bd_progress_elapsed_s() - begin_s;
	return 0;
}
