/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recognises virtual disks, and has qemu-img unpack them. */
#include "import/disk/raw_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/file/temporary_file.h"
#include "base/parse.h"
#include "base/progress.h"
#include "virtual_disk/header.h"
#include "virtual_disk/magic.h"
#include "virtual_disk/qemu_img.h"

/* The largest file of ext4, and more than a guest has. An empty one of 8 EiB is a small file that qemu-img works on for years. */
#define DISK_BYTES_MAX (UINT64_C(16) << 40)
#define ROOM_LEFT_BYTES (UINT64_C(1) << 20) /* with less, a filesystem is full */

void bd_raw_disk_dispose(struct bd_raw_disk *disk)
{
	bd_cleanup_close(&disk->fd);
	*disk = (struct bd_raw_disk)BD_RAW_DISK_INIT;
}

static int find_format(int fd, const struct stat *there, enum bd_disk_format *format_out, struct bd_error *err)
{
	uint8_t head[BD_VIRTUAL_DISK_HEAD_BYTES];

	*format_out = BD_DISK_FORMAT_RAW;
	/* A guest writes what it likes to its disk. */
	if (!S_ISREG(there->st_mode))
		return 0;
	ssize_t got = bd_pread_full(fd, head, sizeof(head), 0);
	if (got < 0)
		return bd_fail_errno(err, "cannot read it");
	const char *container = bd_virtual_disk_magic(head, (size_t)got);
	if (!container) {
		if (bd_virtual_disk_is_fixed_vhd(fd))
			*format_out = BD_DISK_FORMAT_VHD;
		return 0;
	}
	if (bd_disk_format_of_driver(container, format_out))
		return 0;
	return bd_fail(
		err, ENOTSUP,
		"it is a disk image in %s format, which is not read; convert it with `qemu-img convert -O qcow2` first",
		container);
}

static int take_raw(int fd, struct bd_raw_disk *disk_out, struct bd_error *err)
{
	off_t end = lseek(fd, 0, SEEK_END);
	int copy = end < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (copy < 0)
		return bd_fail_errno(err, "cannot read it");
	*disk_out = (struct bd_raw_disk){ .fd = copy, .size_bytes = (uint64_t)end };
	return 0;
}

/* --- unpacking ---------------------------------------------------------------------------------------------------- */

static uint64_t room(int fd)
{
	struct statvfs there;

	return fstatvfs(fd, &there) == 0 ? bd_free_bytes(&there) : UINT64_MAX;
}

static int fail_room(uint64_t need_bytes, int to_fd, struct bd_error *err)
{
	char need[32], free_text[32];

	bd_format_size(need_bytes, need, sizeof(need));
	bd_format_size(room(to_fd), free_text, sizeof(free_text));
	return bd_no_room(
		err,
		"it is unpacked into a temporary file, which takes %s or more, and %s has %s free; set TMPDIR "
		"to a directory with more room",
		need, bd_temporary_folder(), free_text);
}

static int convert(const struct bd_qemu_img_job *job, uint64_t packed_bytes, struct bd_error *err)
{
	char stage[64];

	if (room(job->to_fd) < packed_bytes)
		return fail_room(packed_bytes, job->to_fd, err);
	snprintf(stage, sizeof(stage), "unpacking the %s image", bd_disk_format_name(job->format));
	bd_progress_stage(stage, job->disk_bytes);
	if (bd_qemu_img_convert(job, err) == 0)
		return 0;
	struct stat there;
	if (err->kind != BD_KIND_CANCELED && err->code != EFBIG && room(job->to_fd) < ROOM_LEFT_BYTES &&
	    fstat(job->to_fd, &there) == 0)
		return fail_room((uint64_t)there.st_blocks * S_BLKSIZE, job->to_fd, err);
	return -1;
}

/* Also what the temporary folder's filesystem can have in a file. */
static int check_size(const struct bd_raw_disk *disk, struct bd_error *err)
{
	char size[32];

	bd_format_size(disk->size_bytes, size, sizeof(size));
	if (disk->size_bytes > DISK_BYTES_MAX)
		return bd_fail(err, ENOTSUP, "the disk in it has a size of %s, more than any disk of a guest", size);
	if (ftruncate(disk->fd, (off_t)disk->size_bytes) == 0)
		return 0;
	if (errno != EFBIG && errno != EINVAL)
		return bd_fail_errno(err, "cannot write a temporary file");
	return bd_fail(
		err, EFBIG,
		"the disk in it has a size of %s, more than a file in %s may have; set TMPDIR to another directory",
		size, bd_temporary_folder());
}

static int unpack(int fd, enum bd_disk_format format, const struct stat *there, uint64_t allocated_max_bytes,
		  struct bd_raw_disk *disk_out, struct bd_error *err)
{
	BD_DISPOSE(bd_raw_disk_dispose) struct bd_raw_disk disk = { .fd = -1, .is_unpacked = true };

	if (bd_qemu_img_check(fd, format, &disk.size_bytes, err) != 0)
		return err->code == ENOPKG
			       ? bd_fail(err, ENOPKG,
					 "a %s image is read by qemu-img, which is not installed (Debian: apt-get install qemu-utils)",
					 bd_disk_format_name(format))
			       : -1;
	if (bd_qemu_img_check_complete(fd, format, err) != 0 || bd_open_temporary(&disk.fd, err) != 0 ||
	    check_size(&disk, err) != 0)
		return -1;
	const struct bd_qemu_img_job job = { .fd = fd,
					     .format = format,
					     .to_fd = disk.fd,
					     .to_format = BD_DISK_FORMAT_RAW,
					     .disk_bytes = disk.size_bytes,
					     .allocated_max_bytes = allocated_max_bytes };
	if (convert(&job, (uint64_t)there->st_blocks * S_BLKSIZE, err) != 0)
		return -1;
	*disk_out = disk;
	disk.fd = -1; /* its owner is the caller now */
	return 0;
}

int bd_raw_disk_open(int fd, uint64_t allocated_max_bytes, struct bd_raw_disk *disk_out, struct bd_error *err)
{
	enum bd_disk_format format;
	struct stat there;

	if (fstat(fd, &there) != 0)
		return bd_fail_errno(err, "cannot access it");
	if (find_format(fd, &there, &format, err) != 0)
		return -1;
	return format == BD_DISK_FORMAT_RAW ? take_raw(fd, disk_out, err)
					    : unpack(fd, format, &there, allocated_max_bytes, disk_out, err);
}
