/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inspects and copies the disks behind the first, and gives all further filesystems an identity. */
#include "ops/clone/further.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "inside/root.h"
#include "inside/survey/survey.h"
#include "ops/clone/source.h"
#include "ops/create/disks.h"
#include "ops/create/identity.h"

/* Whether it is a filesystem as a whole. */
static int find_filesystem(struct clone_further *disk, bool *found_out, struct bd_error *err)
{
	BD_DISPOSE(bd_survey_dispose) struct bd_survey survey = { 0 };

	*found_out = false;
	if (bd_survey_image(disk->fd, &(struct bd_survey_request){ .only_regions = true }, &survey, err) != 0)
		return -1;
	for (size_t i = 0; i < survey.region_count; i++) {
		const struct bd_survey_region *region = &survey.regions[i];
		*found_out |= region->kind == BD_SURVEY_WHOLE && bd_survey_is_ext(region);
	}
	return 0;
}

static int open_filesystem(struct clone_job *job, size_t index, int fd, struct bd_error *err)
{
	struct clone_further *further = &job->further[index];
	uint64_t size_bytes = job->new.guest.disks.items[index].size_bytes;

	if (bd_inside_root_open(fd, further->offset_bytes, size_bytes, &further->root, err) != 0 ||
	    clone_source_check_replayed(job, &further->root, err) != 0 ||
	    create_draw_mount_uuid(&job->new.identity.random, index, further->uuid, err) != 0)
		return -1;
	return clone_source_change_uuid(&job->renewal.disk, further->root.uuid, further->uuid, err);
}

static int look_at_disk(struct clone_job *job, size_t index, struct bd_error *err)
{
	struct clone_further *disk = &job->further[index];

	if (find_filesystem(disk, &disk->has_filesystem, err) != 0)
		return -1;
	return disk->has_filesystem ? open_filesystem(job, index, disk->fd, err) : 0;
}

int clone_further_look(struct clone_job *job, struct bd_error *err)
{
	for (size_t i = 0; i < job->new.guest.disks.count; i++) {
		struct clone_further *disk = &job->further[i];
		if (clone_source_open(job, disk->source, &disk->fd, &job->new.guest.disks.items[i].size_bytes, err) !=
		    0)
			return -1;
		if (!job->seed_source && look_at_disk(job, i, err) != 0)
			return bd_wrap(err, "%s cannot be copied", disk->source);
	}
	return 0;
}

int clone_further_add(struct clone_job *job, int number, uint64_t offset_bytes, uint64_t size_bytes,
		      struct bd_error *err)
{
	struct bd_guest_disks *disks = &job->new.guest.disks;

	if (disks->partition_count == BD_PLAN_MOUNTS_MAX)
		return bd_fail(err, ENOTSUP, "the disk has more than %d filesystems", 1 + BD_PLAN_MOUNTS_MAX);
	size_t index = BD_FURTHER_DISKS_MAX + disks->partition_count++;
	disks->items[index].size_bytes = size_bytes;
	job->further[index].partition = number;
	job->further[index].offset_bytes = offset_bytes;
	job->further[index].has_filesystem = true;
	return 0;
}

int clone_further_look_at_partitions(struct clone_job *job, struct bd_error *err)
{
	for (size_t i = 0; i < job->new.guest.disks.partition_count; i++) {
		size_t index = BD_FURTHER_DISKS_MAX + i;
		if (open_filesystem(job, index, job->source_fd, err) != 0)
			return bd_wrap(err, "partition %d", job->further[index].partition);
	}
	return 0;
}

/* device: that the disk of fd and path is; NULL: it is a file. */
static int edit(const struct clone_further *further, int fd, const char *path, struct bd_device *device,
		struct bd_error *err)
{
	const struct clone_filesystem filesystem = { .fd = fd,
						     .path = path,
						     .device = device,
						     .partition = further->partition,
						     .offset_bytes = further->offset_bytes,
						     .uuid = further->uuid,
						     .uuid_in_checksums = further->root.uuid_in_checksums,
						     .tree = &further->tree };

	return clone_source_edit(&filesystem, err);
}

static int make(const struct clone_job *job, size_t index, struct bd_atomic_file *draft, struct bd_error *err)
{
	const struct clone_further *disk = &job->further[index];
	const char *path = job->new.disk_paths[index];

	if (bd_atomic_file_open(path, 0600, draft, err) != 0)
		return -1;
	if (clone_source_copy(disk->fd, disk->source, job->new.guest.disks.items[index].size_bytes, draft->fd, err) !=
	    0)
		return bd_wrap(err, "cannot copy %s to %s", disk->source, path);
	if (disk->has_filesystem && edit(disk, draft->fd, draft->work_path, NULL, err) != 0)
		return bd_wrap(err, "cannot give %s an identity of its own", path);
	return 0;
}

int clone_further_make(const struct clone_job *job, struct create_files *files, struct bd_error *err)
{
	size_t count = job->new.guest.disks.count;

	if (create_disks_begin(&files->disks, &files->disk_count, count, err) != 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (make(job, i, &files->disks[i], err) != 0)
			return -1;
	return 0;
}

int clone_further_edit_partitions(const struct clone_job *job, struct create_files *files, struct bd_error *err)
{
	struct bd_device *device = files->device.fd >= 0 ? &files->device : NULL;

	for (size_t i = 0; i < job->new.guest.disks.partition_count; i++) {
		const struct clone_further *partition = &job->further[BD_FURTHER_DISKS_MAX + i];
		if (edit(partition, create_files_disk_fd(files), create_files_disk_path(files), device, err) != 0)
			return bd_wrap(err, "partition %d", partition->partition);
	}
	return 0;
}
