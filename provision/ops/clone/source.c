/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opens and copies a disk, and gives the filesystem of the copy an identity of its own. */
#include "ops/clone/source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/progress.h"
#include "base/random.h"
#include "disk/copy.h"
#include "disk/redo.h"
#include "disk/use/in_use.h"
#include "ext3/uuid.h"
#include "inside/change/put_tree.h"

int clone_source_open(const struct clone_job *job, const char *path, int *fd_out, uint64_t *size_bytes_out,
		      struct bd_error *err)
{
	BD_CLOSE int fd = -1;
	struct stat there;

	if (bd_redo_complete(path, err) != 0)
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &there) != 0)
		return bd_fail_errno(err, "cannot read the disk %s of %s", path, job->source.name);
	if (!S_ISREG(there.st_mode))
		return bd_fail(err, ENOTSUP,
			       "the disk %s of %s is not a regular file; only guests with a disk file can be cloned",
			       path, job->source.name);
	if (bd_disk_check_unused(fd, err) != 0)
		return bd_wrap(err, "%s, the disk of %s, is in use", path, job->source.name);
	*size_bytes_out = (uint64_t)there.st_size;
	*fd_out = bd_take_fd(&fd);
	return 0;
}

/* A disk of a guest that runs looks like that of one that was not shut down. */
int clone_source_check_replayed(const struct clone_job *job, const struct bd_inside_root *root, struct bd_error *err)
{
	if (!root->was_replayed)
		return 0;
	if (job->may_be_running)
		return bd_in_use(
			err, "its filesystem was not unmounted cleanly, and only root can ask Xen whether %s runs",
			job->source.name);
	bd_warn("%s was not shut down cleanly; in the copy, the journal of its filesystem is replayed",
		job->source.name);
	return 0;
}

int clone_source_change_uuid(struct bd_word_changes *changes, const uint8_t from[16], const uint8_t to[16],
			     struct bd_error *err)
{
	char from_text[BD_UUID_TEXT_SIZE], to_text[BD_UUID_TEXT_SIZE];

	bd_format_uuid(from, from_text);
	bd_format_uuid(to, to_text);
	return bd_word_changes_add(changes, from_text, to_text, err);
}

static int same_time(const struct stat *one, const struct stat *other)
{
	return one->st_size == other->st_size && bd_compare_times(&one->st_mtim, &other->st_mtim) == 0;
}

/* A copy of a disk that is being written to is not consistent. */
int clone_source_copy(int source_fd, const char *path, uint64_t size_bytes, int fd, struct bd_error *err)
{
	struct stat before, after;

	if (fstat(source_fd, &before) != 0)
		return bd_fail_errno(err, "cannot access %s", path);
	bd_progress_stage("copying the disk image",
			  S_ISREG(before.st_mode) ? (uint64_t)before.st_blocks * S_BLKSIZE : size_bytes);
	if (bd_disk_copy(source_fd, fd, bd_progress_update, err) != 0)
		return -1;
	if (fstat(source_fd, &after) != 0)
		return bd_fail_errno(err, "cannot access %s", path);
	if (!same_time(&before, &after))
		return bd_in_use(err, "it was written to while it was copied");
	/* A device is ours alone. */
	return S_ISREG(before.st_mode) ? bd_disk_check_unused(source_fd, err) : 0;
}

/* The tools claim a device themselves. */
static int set_uuid_by_tools(const struct clone_filesystem *filesystem, struct bd_error *err)
{
	struct bd_device *device = filesystem->device;

	if (device && bd_device_yield(device, err) != 0)
		return -1;
	if (bd_ext3_set_uuid_by_tools(filesystem->path, filesystem->offset_bytes, filesystem->uuid, err) != 0)
		return -1;
	return device ? bd_device_claim(device, err) : 0;
}

int clone_source_edit(const struct clone_filesystem *filesystem, struct bd_error *err)
{
	struct bd_ext_identity identity = { .uuid = filesystem->uuid,
					    .label = filesystem->label,
					    .never_mounted = true };
	struct bd_change_request request = { .partition = filesystem->partition,
					     .identity = &identity,
					     .is_draft = true };

	if (bd_now(&request.now, err) != 0)
		return -1;
	if (filesystem->uuid_in_checksums) {
		if (set_uuid_by_tools(filesystem, err) != 0)
			return -1;
		identity.uuid = NULL;
	}
	return bd_inside_put_tree(filesystem->fd, filesystem->tree, &request, err);
}
