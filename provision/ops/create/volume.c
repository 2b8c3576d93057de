/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks, makes and takes back a guest's logical volume. */
#include "ops/create/volume.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file/lock.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/process/cancel.h"
#include "base/progress.h"
#include "disk/facts.h"
#include "guest/create_request.h"
#include "volume/find.h"

void create_volume_dispose(struct create_volume *volume)
{
	struct bd_error failure;

	if (volume->made && !volume->kept && bd_volume_remove(volume->group, volume->name, &failure) != 0)
		bd_warn("the logical volume %s/%s could not be removed: %s", volume->group, volume->name,
			failure.message);
	bd_cleanup_close(&volume->lock_fd);
	*volume = (struct create_volume)CREATE_VOLUME_INIT;
}

static int check_room(const struct create_job *job, uint64_t free_bytes, struct bd_error *err)
{
	char need[32], there[32];

	if (job->volume.pool[0] || job->plan.disk_bytes <= free_bytes)
		return 0;
	bd_format_size(job->plan.disk_bytes, need, sizeof(need));
	bd_format_size(free_bytes, there, sizeof(there));
	bd_no_room(err, "the disk takes %s, and the volume group %s has %s free", need, job->volume.group, there);
	return bd_set_field(err, BD_FIELD_SIZE);
}

static const struct bd_volume *find_named(const struct bd_volumes *volumes, const char *name)
{
	for (size_t i = 0; i < volumes->count; i++)
		if (strcmp(volumes->items[i].name, name) == 0)
			return &volumes->items[i];
	return NULL;
}

/* A thin pool that does not zero a new block gives what was in it to whoever writes a part of it first; in a guest that gives blocks
 * back (fstrim) that can happen at any time. */
static int check_pool(const struct bd_volume_place *place, const struct bd_volumes *volumes, struct bd_error *err)
{
	if (!place->pool[0])
		return 0;
	const struct bd_volume *pool = find_named(volumes, place->pool);
	if (!pool)
		return bd_not_found(err, "there is no thin pool %s in the volume group %s", place->pool,
				    place->group);
	if (!bd_volume_is_pool(pool))
		return bd_fail(err, EINVAL, "%s/%s is no thin pool", place->group, place->pool);
	return pool->zeroes
		       ? 0
		       : bd_fail(err, EINVAL,
				 "the thin pool %s/%s does not zero new blocks, so that a guest could read what was "
				 "in them before; turn that on: lvchange -Zy %s/%s",
				 place->group, place->pool, place->group, place->pool);
}

/* The volumes of the group, and what it has free. Of a group without any, only vgs knows. */
static int read_group(const char *group, struct bd_volumes *volumes, uint64_t *free_bytes_out, struct bd_error *err)
{
	BD_DISPOSE(bd_volumes_dispose) struct bd_volumes groups = { 0 };
	char selection[BD_VOLUME_NAME_SIZE + 16];

	snprintf(selection, sizeof(selection), "vg_name=\"%s\"", group);
	if (bd_volumes_find(selection, volumes, err) != 0)
		return -1;
	if (volumes->count) {
		*free_bytes_out = volumes->items[0].group_free_bytes;
		return 0;
	}
	if (bd_volume_group_find(group, &groups, err) != 0)
		return -1;
	if (!groups.count)
		return bd_not_found(err, "there is no volume group %s", group);
	*free_bytes_out = groups.items[0].group_free_bytes;
	return 0;
}

/* A disk that was ever mounted is a guest's, whatever the tag: its config may be in another folder. */
static bool is_left_over(const struct create_job *job, const struct bd_volume *volume)
{
	struct bd_disk_facts disk;
	struct bd_error unreadable;

	return bd_volume_has_tag(volume, BD_VOLUME_TAG_UNFINISHED) &&
	       (bd_disk_look(job->image_path, &disk, &unreadable) != 0 || !disk.root_was_mounted);
}

/* leftover_out: there is one that a killed run has left. */
static int check(const struct create_job *job, bool *leftover_out, struct bd_error *err)
{
	BD_DISPOSE(bd_volumes_dispose) struct bd_volumes volumes = { 0 };
	uint64_t free_bytes = 0;

	if (read_group(job->volume.group, &volumes, &free_bytes, err) != 0 ||
	    check_pool(&job->volume, &volumes, err) != 0)
		return bd_set_field(err, BD_FIELD_LVM);
	const struct bd_volume *same = find_named(&volumes, job->guest.name);
	*leftover_out = same && is_left_over(job, same);
	if (same && !*leftover_out && !create_replaced_has(job->replaced, job->image_path))
		return bd_exists(err, "%s already exists and was not changed", job->image_path);
	return check_room(job, free_bytes + (same ? same->size_bytes : 0), err);
}

int create_volume_check(const struct create_job *job, struct bd_error *err)
{
	bool leftover;

	return create_makes_volume(job) ? check(job, &leftover, err) : 0;
}

/* Files of that run are known by their own marks (ops/guest/leftover.h). */
static int remove_leftover(const struct create_job *job, const struct create_volume *volume, struct bd_error *err)
{
	bd_warn("%s was left by an interrupted run; removing it", job->image_path);
	return bd_volume_remove(volume->group, volume->name, err);
}

int create_volume_begin(const struct create_job *job, struct create_volume *volume, struct bd_error *err)
{
	char lock_path[BD_VOLUME_PATH_SIZE];
	bool leftover;

	if (!create_makes_volume(job))
		return 0;
	bd_volume_lock_path(job->volume.group, job->guest.name, lock_path);
	strcpy(volume->group, job->volume.group);
	strcpy(volume->name, job->guest.name);
	if (bd_lock(lock_path, &volume->lock_fd, err) != 0 || check(job, &leftover, err) != 0)
		return -1;
	return leftover ? remove_leftover(job, volume, err) : 0;
}

/* Of a thin volume, what was never written reads as zeros. */
static int clear(const struct create_job *job, struct bd_device *device, struct bd_error *err)
{
	if (job->volume.pool[0])
		return 0;
	bd_progress_stage("clearing the volume", device->size_bytes);
	int r = bd_device_clear(device, bd_progress_update, err);
	device->cleared = false; /* there was nothing of anybody in it, and a failure removes it as a whole */
	return r;
}

int create_volume_make(const struct create_job *job, const struct create_volume_content *content,
		       struct create_volume *volume, struct bd_device *device_out, struct bd_error *err)
{
	const struct bd_volume_spec spec = { .group = volume->group,
					     .name = volume->name,
					     .pool = job->volume.pool[0] ? job->volume.pool : NULL,
					     .origin = content->origin,
					     .size_bytes = job->plan.disk_bytes,
					     .tags = { BD_VOLUME_TAG, BD_VOLUME_TAG_UNFINISHED,
						       job->in_system_folders ? NULL : BD_VOLUME_TAG_ELSEWHERE } };

	if (bd_cancel_check(err) != 0 || bd_volume_create(&spec, err) != 0)
		return -1;
	volume->made = true;
	if (bd_cancel_check(err) != 0 || bd_device_open(job->image_path, BD_DEVICE_WRITE, device_out, err) != 0)
		return -1;
	if (device_out->size_bytes < job->plan.disk_bytes)
		return bd_fail(err, EIO, "%s is smaller than it was to be", job->image_path);
	return content->is_copied ? 0 : clear(job, device_out, err);
}

void create_volume_keep(struct create_volume *volume)
{
	struct bd_error failure;

	if (!volume->made)
		return;
	volume->kept = true;
	if (bd_volume_finish(volume->group, volume->name, &failure) != 0)
		bd_warn("the tag %s of %s/%s stays: %s", BD_VOLUME_TAG_UNFINISHED, volume->group, volume->name,
			failure.message);
}

void create_volume_retract(struct create_volume *volume)
{
	volume->kept = false;
}
