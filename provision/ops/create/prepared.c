/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The prepared image of a template: it is found next to it, or created if the host's filesystem can share blocks
 * between the template and the guest. It only saves time and space: if anything goes wrong with it, the guest is
 * created without it. */
#include "ops/create/prepared.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/atomic_file.h"
#include "base/file/range_copy.h"
#include "base/file/trust.h"
#include "base/process/cancel.h"
#include "base/progress.h"
#include "base/text.h"
#include "disk/prepared_image.h"
#include "ops/create/mounts.h"
#include "ops/template/open.h"

#define PREFIX "master-"
#define FORM "3-" /* of the layout that disk/ gives; part of the name, so that an older program's are not taken */
#define KEPT_MAX 16

/* Whether a block of the payload can be shared with the image; the image is as before. */
static bool can_share(const struct bd_sealed *sealed, int image_fd, uint64_t offset_bytes)
{
	BD_DISPOSE(bd_range_copy_dispose) struct bd_range_copy copy;
	struct bd_error ignored;

	bd_range_copy_init(&copy, sealed->payload_fd, image_fd, offset_bytes);
	if (!sealed->payload_blocks || ftruncate(image_fd, (off_t)(offset_bytes + BD_SEALED_BLOCK_BYTES)) != 0)
		return false;
	bool shared = bd_range_copy_add(&copy, 0, 0, BD_SEALED_BLOCK_BYTES, &ignored) == 0 &&
		      bd_range_copy_finish(&copy, &ignored) == 0 && copy.way == BD_COPY_SHARE;
	return ftruncate(image_fd, 0) == 0 && shared;
}

bool create_shares_blocks(const struct bd_sealed *sealed, const char *folder)
{
	BD_CLOSE int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	return fd >= 0 && can_share(sealed, fd, 0);
}

/* A disk that is there is a file, or a device, which shares blocks with nothing; and what a file has is left to the command. */
static bool target_can_share(const struct create_job *job, const struct bd_sealed *sealed)
{
	char folder[PATH_MAX];
	struct stat there;

	if (stat(job->image_path, &there) != 0 || !S_ISREG(there.st_mode))
		return false;
	bd_path_folder(job->image_path, folder);
	return create_shares_blocks(sealed, folder);
}

/* The one that has not been used for the longest time (bd_prepared_image_note_use) makes room. */
static void drop_oldest(const char *folder)
{
	BD_CLOSEDIR DIR *entries = opendir(folder);
	char oldest[NAME_MAX + 1] = "";
	time_t oldest_s = 0;
	size_t count = 0;
	struct stat there = { 0 };

	for (const struct dirent *entry; entries && (entry = readdir(entries));) {
		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) != 0 ||
		    fstatat(dirfd(entries), entry->d_name, &there, 0) != 0)
			continue;
		if (!count++ || there.st_mtime < oldest_s) {
			strcpy(oldest, entry->d_name);
			oldest_s = there.st_mtime;
		}
	}
	if (entries && count >= KEPT_MAX)
		unlinkat(dirfd(entries), oldest, 0);
}

static int make(const struct bd_template *template, const char *path, uint64_t size_bytes,
		const struct bd_prepared_image_source *source, struct bd_error *err)
{
	BD_DISPOSE(bd_atomic_file_dispose) struct bd_atomic_file draft = BD_ATOMIC_FILE_INIT;

	bd_progress_stage("preparing the template for this size", template->stored.manifest.payload_bytes);
	if (bd_atomic_file_open(path, 0600, &draft, err) != 0 ||
	    bd_prepared_image_make(draft.work_path, draft.fd, size_bytes, source, bd_progress_update, err) != 0 ||
	    bd_atomic_file_sync(&draft, err) != 0)
		return -1;
	return bd_atomic_file_publish(&draft, err) != 0 && err->kind != BD_KIND_EXISTS ? -1 : 0;
}

/* The one that is there and is of this template as it is now. -1: there is none; one of another template, which lay in this
 * folder before, or that was written to, is gone. */
static int open_matching(const char *path, uint64_t size_bytes, const struct bd_prepared_image_source *source)
{
	BD_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	struct stat there;
	if (fd < 0)
		return -1;
	if (fstat(fd, &there) != 0 || !bd_is_trusted(&there) || !bd_prepared_image_is_of(fd, size_bytes, source)) {
		unlink(path);
		errno = ENOENT;
		return -1;
	}
	bd_prepared_image_note_use(fd);
	return bd_take_fd(&fd);
}

int create_open_prepared(const struct create_job *job, const struct bd_template *template, int image_fd,
			 int64_t base_time, int *fd_out, struct bd_error *err)
{
	const struct bd_region *root = bd_plan_find(&job->plan, BD_REGION_ROOT);
	const struct bd_sealed *sealed = bd_template_pack(template);
	uint64_t offset_bytes = bd_region_start_bytes(root),
		 size_bytes = bd_prepared_image_bytes(bd_region_bytes(root));
	const char *folder = template->stored.path;
	const struct bd_manifest *manifest = &template->stored.manifest;
	char text[BD_PREPARED_IMAGE_TEXT_SIZE];
	const struct bd_prepared_image_source source = {
		.type = job->guest.fs_type, .sealed = sealed, .text = text, .base_time = base_time
	};
	BD_FREE char *path = NULL;
	struct bd_error failure;

	*fd_out = -1;
	if (!sealed || create_has_mounts(job) || (job->on_device && !target_can_share(job, sealed)) ||
	    offset_bytes % BD_SEALED_BLOCK_BYTES)
		return 0;
	if (bd_text_format(&path, err, "%s/" PREFIX FORM "%s%llu", folder,
			   job->guest.fs_type == BD_FS_EXT4 ? "ext4-" : "", (unsigned long long)size_bytes) != 0)
		return -1;
	snprintf(text, sizeof(text), "%s %s%s", manifest->tree.blake2b, manifest->payload.blake2b,
		 job->guest.fs_type == BD_FS_EXT4 ? " ext4" : "");
	*fd_out = open_matching(path, size_bytes, &source);
	if (*fd_out >= 0 || errno != ENOENT)
		return 0;
	if (!job->on_device && !can_share(sealed, image_fd, offset_bytes))
		return 0;
	drop_oldest(folder);
	if (make(template, path, size_bytes, &source, &failure) == 0)
		*fd_out = open_matching(path, size_bytes, &source);
	return bd_cancel_check(err);
}
