/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Creates the files of a copy: image, kernel, config; all as drafts. */
#include "ops/clone/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/log.h"
#include "base/progress.h"
#include "disk/copy.h"
#include "disk/mbr.h"
#include "ops/clone/cfg.h"
#include "ops/clone/further.h"
#include "ops/clone/source.h"
#include "ops/create/seed.h"
#include "rootfs/posix_acl.h"

static int set_signature(const struct clone_job *job, int fd, struct bd_error *err)
{
	uint8_t signature[4];

	if (!job->disk.has_table)
		return 0;
	put_le32(signature, job->new.guest.disk_signature);
	return bd_pwrite_all(fd, signature, sizeof(signature), BD_MBR_SIGNATURE_OFFSET, "the disk signature", err);
}

static int edit_filesystem(const struct clone_job *job, struct create_files *files, struct bd_error *err)
{
	const struct clone_disk *disk = &job->disk;
	struct clone_filesystem filesystem = { .fd = create_files_disk_fd(files),
					       .path = create_files_disk_path(files),
					       .device = files->device.fd >= 0 ? &files->device : NULL,
					       .partition = disk->root_partition,
					       .offset_bytes = disk->root_offset_bytes,
					       .uuid = job->new.guest.root_uuid,
					       .uuid_in_checksums = disk->uuid_in_checksums,
					       .tree = &job->tree };

	if (*disk->new_label)
		filesystem.label = disk->new_label;
	return clone_source_edit(&filesystem, err);
}

static int copy_disk(const struct clone_job *job, int fd, struct bd_error *err)
{
	return clone_source_copy(job->source_fd, job->source.disks[0], job->size_bytes, fd, err);
}

/* Of a thin volume, the copy is a snapshot. */
static int copy_volume(const struct clone_job *job, struct create_files *files, struct bd_error *err)
{
	char group[BD_VOLUME_NAME_SIZE], name[BD_VOLUME_NAME_SIZE];
	bool is_thin = job->new.volume.pool[0] && bd_volume_path_split(job->source.disks[0], group, name);
	const struct create_volume_content content = { .origin = is_thin ? name : NULL, .is_copied = !is_thin };

	if (create_volume_make(&job->new, &content, &files->volume, &files->device, err) != 0)
		return -1;
	return is_thin ? 0 : copy_disk(job, files->device.fd, err);
}

static int copy_file_disk(const struct clone_job *job, struct create_files *files, struct bd_error *err)
{
	return bd_atomic_file_open(job->new.image_path, 0600, &files->image, err) != 0
		       ? -1
		       : copy_disk(job, files->image.fd, err);
}

static int make_disk(const struct clone_job *job, struct create_files *files, struct bd_error *err)
{
	if ((create_makes_volume(&job->new) ? copy_volume : copy_file_disk)(job, files, err) != 0)
		return bd_wrap(err, "cannot copy %s to %s", job->source.disks[0], job->new.image_path);
	if (clone_further_make(job, files, err) != 0)
		return -1;
	if (job->seed_source)
		return create_seed_make(&job->new, &files->seed, err);
	bd_progress_stage("giving it an identity of its own", 0);
	if (set_signature(job, create_files_disk_fd(files), err) != 0 || edit_filesystem(job, files, err) != 0 ||
	    clone_further_edit_partitions(job, files, err) != 0)
		return bd_wrap(err, "cannot give %s an identity of its own", job->new.image_path);
	return 0;
}

/* The unprivileged pygrub reads the source by an ACL, and the cfg says the same for the copy. */
static int copy_acl(const struct clone_job *job, struct bd_atomic_file *image, struct bd_error *err)
{
	uint8_t acl[1024];
	ssize_t size = image->fd < 0 ? 0 : fgetxattr(job->source_fd, BD_XATTR_ACL_ACCESS, acl, sizeof(acl));

	if (size <= 0)
		return 0;
	if (fsetxattr(image->fd, BD_XATTR_ACL_ACCESS, acl, (size_t)size, 0) == 0)
		return 0;
	if (errno != ENOTSUP)
		return bd_fail_errno(err, "cannot copy the access rights of %s to %s", job->source.disks[0],
				     job->new.image_path);
	bd_warn("the filesystem of %s does not support ACLs; the unprivileged pygrub cannot read the image",
		job->new.image_path);
	return 0;
}

static int copy_file(const char *from, const char *to, struct bd_atomic_file *draft, struct bd_error *err)
{
	BD_CLOSE int fd = open(from, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return bd_fail_errno(err, "cannot read %s", from);
	if (bd_atomic_file_open(to, 0600, draft, err) != 0)
		return -1;
	return bd_disk_copy(fd, draft->fd, NULL, err) == 0 ? 0 : bd_wrap(err, "cannot copy %s to %s", from, to);
}

int clone_files_make(struct clone_job *job, struct create_files *files, struct bd_error *err)
{
	BD_FREE char *text = NULL;
	struct stat cfg;

	/* A cfg with a password in it is as private as the source's. */
	if (stat(job->source.path, &cfg) != 0)
		return bd_fail_errno(err, "cannot access %s", job->source.path);
	if (clone_cfg_text(job, &text, err) != 0 ||
	    bd_atomic_file_open(job->new.cfg_path, cfg.st_mode & 0666, &files->cfg, err) != 0 ||
	    make_disk(job, files, err) != 0 || copy_acl(job, &files->image, err) != 0)
		return -1;
	if (job->copy_kernel && copy_file(job->source.kernel, job->new.kernel_path, &files->kernel, err) != 0)
		return -1;
	if (job->copy_ramdisk && copy_file(job->source.ramdisk, job->new.ramdisk_path, &files->ramdisk, err) != 0)
		return -1;
	if (bd_pwrite_all(files->cfg.fd, text, strlen(text), 0, job->new.cfg_path, err) != 0)
		return -1;
	return create_files_sync(files, err);
}
