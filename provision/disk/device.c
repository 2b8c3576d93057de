/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reserves a block device (O_EXCL), clears it, and wipes it when the work fails. */
#include "disk/device.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file/lock_wait.h"
#include "base/file/zero.h"
#include "base/process/cancel.h"
#include "disk/plan.h"
#include "disk/redo.h"
#include "disk/use/device_look.h"
#include "disk/use/in_use.h"

/* Small enough for Ctrl-C and the bar where a device has to be written, large enough to be few calls where not. */
#define CLEAR_BYTES (64u << 20)
/* udev looks at a device for as long as that when it has changed. */
#define LOCK_LIMIT_S 5

static int check_block(const char *path, const struct stat *there, struct bd_error *err)
{
	if (S_ISBLK(there->st_mode))
		return 0;
	if (S_ISREG(there->st_mode))
		return bd_fail(err, ENOTBLK, "%s is a file, not a block device", path);
	return bd_fail(err, ENOTBLK, "%s is %s, not a block device", path,
		       S_ISDIR(there->st_mode)	 ? "a directory"
		       : S_ISCHR(there->st_mode) ? "a character device"
						 : "something else");
}

/* Opening some kinds of files does things, so the kind is looked at first, and again at what was opened. */
static int open_block(const char *path, int flags, int *fd_out, dev_t *number_out, struct bd_error *err)
{
	struct stat there;
	char use[BD_DEVICE_TEXT_SIZE];

	if (stat(path, &there) != 0)
		return bd_fail_lookup(err, "cannot use the device %s", path);
	if (check_block(path, &there, err) != 0)
		return -1;
	BD_CLOSE int fd = open(path, flags | O_CLOEXEC);
	if (fd < 0 && errno == EBUSY) {
		bd_device_describe_use(there.st_rdev, use);
		return bd_in_use(err, "%s %s, and was not changed", path, use);
	}
	if (fd < 0)
		return bd_fail_errno(err, "cannot open the device %s", path);
	if (fstat(fd, &there) != 0)
		return bd_fail_errno(err, "cannot access the device %s", path);
	if (check_block(path, &there, err) != 0)
		return -1;
	*fd_out = bd_take_fd(&fd);
	*number_out = there.st_rdev;
	return 0;
}

int bd_device_size(const char *path, uint64_t *size_bytes_out, struct bd_error *err)
{
	BD_CLOSE int fd = -1;
	dev_t number;

	if (open_block(path, O_RDONLY, &fd, &number, err) != 0)
		return -1;
	if (ioctl(fd, BLKGETSIZE64, size_bytes_out) != 0)
		return bd_fail_errno(err, "cannot read the size of %s", path);
	return 0;
}

int bd_target_size(const char *path, uint64_t *size_bytes_out, bool *is_file_out, struct bd_error *err)
{
	struct stat there;

	if (stat(path, &there) != 0)
		return bd_fail_lookup(err, "cannot use %s", path);
	if (!S_ISREG(there.st_mode) && !S_ISBLK(there.st_mode))
		return bd_fail(err, EINVAL, "%s is neither a block device nor a file", path);
	*is_file_out = S_ISREG(there.st_mode);
	if (!*is_file_out)
		return bd_device_size(path, size_bytes_out, err);
	*size_bytes_out = (uint64_t)there.st_size;
	return 0;
}

static int take_lock(int fd, const void *context)
{
	(void)context;
	return flock(fd, LOCK_EX);
}

/* O_EXCL keeps away mounts, volume managers and other makers of filesystems; this lock keeps away udev, which would
 * look at half of a disk (https://systemd.io/BLOCK_DEVICE_LOCKING). */
static int lock(const struct bd_device *device, struct bd_error *err)
{
	if (flock(device->fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return bd_fail_errno(err, "cannot lock %s", device->path);
	int r = bd_lock_wait_for(device->fd, take_lock, NULL, bd_clock_s() + LOCK_LIMIT_S, err);
	return r > 0 ? bd_in_use(err, "%s is locked by another program", device->path) : r;
}

static int check_shape(struct bd_device *device, enum bd_device_access access, struct bd_error *err)
{
	int read_only = 0, sector_bytes = 0;

	if (ioctl(device->fd, BLKGETSIZE64, &device->size_bytes) != 0 ||
	    ioctl(device->fd, BLKSSZGET, &sector_bytes) != 0 || ioctl(device->fd, BLKROGET, &read_only) != 0)
		return bd_fail_errno(err, "cannot access the device %s", device->path);
	if (sector_bytes != BD_SECTOR_BYTES)
		return bd_fail(err, ENOTSUP, "%s has sectors of %d bytes; only %u-byte sectors are supported",
			       device->path, sector_bytes, BD_SECTOR_BYTES);
	if (read_only && access != BD_DEVICE_READ)
		return bd_fail(err, EROFS, "%s is read-only", device->path);
	return access == BD_DEVICE_WRITE ? lock(device, err) : 0;
}

static int open_device(struct bd_device *device, enum bd_device_access access, struct bd_error *err)
{
	int flags = (access == BD_DEVICE_WRITE ? O_RDWR : O_RDONLY) | O_EXCL;
	unsigned domid;

	if (open_block(device->path, flags, &device->fd, &device->number, err) != 0)
		return -1;
	if (bd_device_find_xen_domain(BD_XEN_BACKENDS, device->number, &domid))
		return bd_in_use(err, "%s is a disk of the running domain %u, and was not changed", device->path,
				 domid);
	return check_shape(device, access, err);
}

static int open_file(struct bd_device *device, enum bd_device_access access, struct bd_error *err)
{
	struct stat there;

	BD_CLOSE int fd = open(device->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &there) != 0)
		return bd_fail_errno(err, "cannot open %s", device->path);
	if (!S_ISREG(there.st_mode))
		return bd_in_use(err, "%s has just been replaced by another file", device->path);
	device->size_bytes = (uint64_t)there.st_size;
	if (access == BD_DEVICE_WRITE)
		return bd_disk_open_to_write(device->path, fd, &device->fd, err) != 0 ? -1 : lock(device, err);
	if (bd_disk_check_free(fd, err) != 0)
		return bd_wrap(err, "%s", device->path);
	device->fd = bd_take_fd(&fd);
	return 0;
}

static int set_work_path(struct bd_device *device, struct bd_error *err)
{
	if (asprintf(&device->work_path, "/proc/%ld/fd/%d", (long)getpid(), device->fd) >= 0)
		return 0;
	device->work_path = NULL;
	return bd_no_memory(err);
}

static int open_as(int (*opener)(struct bd_device *device, enum bd_device_access access, struct bd_error *err),
		   const char *path, enum bd_device_access access, struct bd_device *device_out, struct bd_error *err)
{
	struct bd_device device = BD_DEVICE_INIT;

	device.path = strdup(path);
	if (!device.path)
		return bd_no_memory(err);
	if (opener(&device, access, err) != 0 || set_work_path(&device, err) != 0) {
		bd_device_dispose(&device);
		return -1;
	}
	*device_out = device;
	return 0;
}

int bd_device_open(const char *path, enum bd_device_access access, struct bd_device *device_out, struct bd_error *err)
{
	return open_as(open_device, path, access, device_out, err);
}

int bd_target_open(const char *path, enum bd_device_access access, struct bd_device *device_out, struct bd_error *err)
{
	uint64_t size_bytes;
	bool is_file;

	return bd_target_size(path, &size_bytes, &is_file, err) != 0
		       ? -1
		       : open_as(is_file ? open_file : open_device, path, access, device_out, err);
}

/* A claim is that of an open file description, and ends with it. */
static int open_again(struct bd_device *device, int flags, struct bd_error *err)
{
	BD_CLOSE int fd = open(device->work_path, O_RDWR | O_CLOEXEC | flags);

	if (fd < 0 && errno == EBUSY)
		return bd_in_use(err, "another program has taken %s", device->path);
	if (fd < 0 || dup3(fd, device->fd, O_CLOEXEC) < 0)
		return bd_fail_errno(err, "cannot open %s", device->path);
	return 0;
}

int bd_device_yield(struct bd_device *device, struct bd_error *err)
{
	return open_again(device, 0, err);
}

int bd_device_claim(struct bd_device *device, struct bd_error *err)
{
	return open_again(device, O_EXCL, err) != 0 ? -1 : lock(device, err);
}

static dev_t whole_disk(dev_t number)
{
	dev_t whole;

	return blkid_devno_to_wholedisk(number, NULL, 0, &whole) == 0 ? whole : number;
}

bool bd_device_shares_disk(const char *one, const char *other)
{
	struct stat a, b;

	if (stat(one, &a) != 0 || stat(other, &b) != 0)
		return false;
	if (S_ISREG(a.st_mode) && S_ISREG(b.st_mode))
		return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
	if (!S_ISBLK(a.st_mode) || !S_ISBLK(b.st_mode))
		return false;
	/* Two partitions of one disk do not share it. */
	return a.st_rdev == b.st_rdev || whole_disk(a.st_rdev) == b.st_rdev || whole_disk(b.st_rdev) == a.st_rdev;
}

int bd_device_sync(struct bd_device *device, struct bd_error *err)
{
	return fsync(device->fd) == 0 ? 0 : bd_fail_errno(err, "cannot flush %s", device->path);
}

static uint64_t at_most(uint64_t size_bytes, uint64_t limit_bytes)
{
	return size_bytes < limit_bytes ? size_bytes : limit_bytes;
}

static int zero_tail(struct bd_device *device, struct bd_error *err)
{
	uint64_t size_bytes = at_most(device->size_bytes, BD_DISK_TAIL_BYTES);

	return bd_zero_range(device->fd, device->size_bytes - size_bytes, size_bytes, device->path, err);
}

int bd_device_clear(struct bd_device *device, void (*progress)(uint64_t bytes_done), struct bd_error *err)
{
	for (uint64_t done = 0, part; done < device->size_bytes; done += part) {
		if (bd_cancel_check(err) != 0)
			return -1;
		device->cleared = true;
		part = at_most(device->size_bytes - done, CLEAR_BYTES);
		if (bd_zero_range(device->fd, done, part, device->path, err) != 0)
			return bd_wrap(err, "cannot clear the device");
		/* No power cut shall find the old partition table over half of a new disk. */
		if (!done && (zero_tail(device, err) != 0 || bd_device_sync(device, err) != 0 ||
			      bd_redo_discard(device->path, err) != 0))
			return -1;
		if (progress)
			progress(done + part);
	}
	return 0;
}

/* Closed, so that nothing of it stays in dom0's page cache, where pygrub would read it when the guest has long written
 * something else. */
void bd_device_keep(struct bd_device *device)
{
	if (device->fd >= 0)
		close(bd_take_fd(&device->fd));
	device->kept = true;
}

void bd_device_retract(struct bd_device *device)
{
	device->kept = false;
}

static int wipe(struct bd_device *device, struct bd_error *err)
{
	dev_t number = device->number;

	if (device->fd < 0 && open_block(device->path, O_RDWR | O_EXCL, &device->fd, &number, err) != 0)
		return -1;
	if (number != device->number)
		return bd_fail(err, ESTALE, "%s now refers to another device", device->path);
	if (bd_zero_range(device->fd, 0, at_most(device->size_bytes, BD_DISK_HEAD_BYTES), device->path, err) != 0 ||
	    zero_tail(device, err) != 0)
		return -1;
	return bd_device_sync(device, err);
}

int bd_device_abandon(struct bd_device *device, struct bd_error *err)
{
	struct bd_error failure = BD_ERROR_INIT, before = *err;

	if (!device->cleared || device->kept)
		return -1;
	if (wipe(device, &failure) == 0)
		bd_fail_as(err, &before, "%s; the former content of %s is lost, and it is now blank", before.message,
			   device->path);
	else
		bd_fail_as(err, &before,
			   "%s; the former content of %s is lost, and what was written to it could not be wiped (%s)",
			   before.message, device->path, failure.message);
	device->cleared = false;
	return -1;
}

void bd_device_dispose(struct bd_device *device)
{
	struct bd_error ignored = BD_ERROR_INIT;

	bd_device_abandon(device, &ignored);
	if (device->fd >= 0)
		close(device->fd);
	free(device->path);
	free(device->work_path);
	*device = (struct bd_device)BD_DEVICE_INIT;
}
