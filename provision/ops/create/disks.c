/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes further disks. */
#include "ops/create/disks.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/process/cancel.h"
#include "disk/image.h"

int create_disks_begin(struct bd_atomic_file **drafts_out, size_t *count_out, size_t count, struct bd_error *err)
{
	struct bd_atomic_file *drafts = count ? calloc(count, sizeof(*drafts)) : NULL;

	if (count && !drafts)
		return bd_no_memory(err);
	for (size_t i = 0; i < count; i++)
		drafts[i] = (struct bd_atomic_file)BD_ATOMIC_FILE_INIT;
	*drafts_out = drafts;
	*count_out = count;
	return 0;
}

static int make(const char *path, const struct bd_guest_disk *disk, struct bd_atomic_file *draft,
		struct bd_error *err)
{
	/* As private as the first one. */
	if (bd_atomic_file_open(path, 0600, draft, err) != 0)
		return -1;
	return bd_image_set_size(draft->fd, disk->size_bytes, err) == 0 ? 0 : bd_wrap(err, "cannot make %s", path);
}

int create_disks_make(const struct create_job *job, const struct create_mounts *mounts, int64_t base_time,
		      struct bd_atomic_file **drafts_out, size_t *count_out, struct bd_error *err)
{
	const struct bd_guest_disks *disks = &job->guest.disks;

	if (create_disks_begin(drafts_out, count_out, disks->count, err) != 0)
		return -1;
	for (size_t i = 0; i < disks->count; i++) {
		struct bd_atomic_file *draft = &(*drafts_out)[i];
		if (bd_cancel_check(err) != 0 || make(job->disk_paths[i], &disks->items[i], draft, err) != 0 ||
		    (mounts && disks->items[i].mount &&
		     create_mounts_write(job, mounts, i, draft->fd, draft->work_path, base_time, err) != 0))
			return -1;
	}
	return 0;
}
