/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attaches, finds and detaches loop devices. */
#include "hotplug/block/loop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <linux/major.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"

/* Of Linux 5.15; not in the headers of Debian 11. */
#ifndef BLKGETDISKSEQ
#define BLKGETDISKSEQ _IOR(0x12, 128, uint64_t)
#endif

#define SECTOR_SIZE_BYTES 512
#define NUMBER_MAX 1048575 /* a minor number has 20 bits */

/* Each try loses against another program that took the device which was free a moment ago. */
#define TRIES_MAX 256

static int open_loop(unsigned number, int flags, char path_out[24])
{
	snprintf(path_out, 24, "/dev/loop%u", number);
	return open(path_out, flags | O_CLOEXEC | O_NONBLOCK);
}

/* -1 with errno EBUSY: somebody else has taken it. */
static int attach_to(unsigned number, int file_fd, const char *file_path, bool is_writable,
		     struct bd_block_loop *loop)
{
	struct loop_config config = { .fd = (__u32)file_fd, .block_size = SECTOR_SIZE_BYTES };
	struct loop_info64 info;
	struct stat there;

	BD_CLOSE int fd = open_loop(number, is_writable ? O_RDWR : O_RDONLY, loop->path);
	if (fd < 0)
		return -1;
	config.info.lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO | (is_writable ? 0 : LO_FLAGS_READ_ONLY);
	/* What losetup puts there, too: the path, or its beginning. */
	memcpy(config.info.lo_file_name, file_path, strnlen(file_path, sizeof(config.info.lo_file_name) - 1));
	if (ioctl(fd, LOOP_CONFIGURE, &config) != 0 || ioctl(fd, LOOP_GET_STATUS64, &info) != 0 ||
	    fstat(fd, &there) != 0)
		return -1;
	loop->is_direct = info.lo_flags & LO_FLAGS_DIRECT_IO;
	loop->device = there.st_rdev;
	if (ioctl(fd, BLKGETDISKSEQ, &loop->disk_sequence) != 0)
		loop->disk_sequence = 0;
	loop->fd = bd_take_fd(&fd);
	return 0;
}

/* The file itself, whatever has become of its name: by the descriptor that was looked at. */
static int reopen(int fd, bool is_writable)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, (is_writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
}

int bd_block_loop_attach(int file_fd, const char *file_path, bool is_writable, struct bd_block_loop *loop_out,
			 struct bd_error *err)
{
	struct bd_block_loop loop = BD_BLOCK_LOOP_INIT;

	BD_CLOSE int file = reopen(file_fd, is_writable);
	if (file < 0)
		return bd_fail_errno(err, "cannot open %s", file_path);
	BD_CLOSE int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	if (control < 0)
		return bd_fail_errno(err, "Failed to find an unused loop device: cannot open /dev/loop-control");
	for (unsigned i = 0; i < TRIES_MAX; i++) {
		int number = ioctl(control, LOOP_CTL_GET_FREE);
		if (number < 0)
			return bd_fail_errno(err, "Failed to find an unused loop device");
		if (attach_to((unsigned)number, file, file_path, is_writable, &loop) == 0) {
			*loop_out = loop;
			return 0;
		}
		/* ENXIO, ENODEV: one that is being removed. */
		if (errno != EBUSY && errno != ENXIO && errno != ENODEV)
			return bd_fail_errno(err, "cannot attach %s to %s", file_path, loop.path);
	}
	return bd_fail(err, EBUSY, "Failed to find an unused loop device: others took the free one %d times in a row",
		       TRIES_MAX);
}

int bd_block_loop_keep(const struct bd_block_loop *loop, struct bd_error *err)
{
	struct loop_info64 info;

	if (ioctl(loop->fd, LOOP_GET_STATUS64, &info) != 0)
		return bd_fail_errno(err, "cannot read the state of %s", loop->path);
	info.lo_flags &= ~(__u32)LO_FLAGS_AUTOCLEAR;
	if (ioctl(loop->fd, LOOP_SET_STATUS64, &info) != 0)
		return bd_fail_errno(err, "cannot keep %s attached", loop->path);
	return 0;
}

void bd_block_loop_dispose(struct bd_block_loop *loop)
{
	if (loop->fd >= 0)
		close(loop->fd);
	loop->fd = -1;
}

/* Digits only, without a zero in front. */
static bool read_number(const char *text, unsigned *number_out)
{
	size_t digits = strspn(text, "0123456789");
	unsigned number = 0;

	if (digits < 1 || digits > 7 || text[digits] || (text[0] == '0' && digits > 1))
		return false;
	for (const char *digit = text; *digit; digit++)
		number = number * 10 + (unsigned)(*digit - '0');
	*number_out = number;
	return number <= NUMBER_MAX;
}

/* 0: not attached, or gone. 1: attached; its status. */
static int get_status(unsigned number, struct loop_info64 *info_out, struct bd_error *err)
{
	char path[24];

	BD_CLOSE int fd = open_loop(number, O_RDONLY, path);
	if (fd < 0)
		return errno == ENXIO || errno == ENODEV ? 0 : bd_fail_errno(err, "cannot open %s", path);
	if (ioctl(fd, LOOP_GET_STATUS64, info_out) == 0)
		return 1;
	return errno == ENXIO || errno == ENODEV ? 0 : bd_fail_errno(err, "cannot read the state of %s", path);
}

/* /sys/block has a folder "loop" for those that are attached, so that the others are not opened. */
static bool is_attached(const char *name)
{
	char path[64];

	return (size_t)snprintf(path, sizeof(path), "/sys/block/%s/loop/backing_file", name) < sizeof(path) &&
	       access(path, F_OK) == 0;
}

int bd_block_loop_find(dev_t device, ino_t inode, struct bd_block_devices *devices, struct bd_error *err)
{
	BD_CLOSEDIR DIR *folder = opendir("/sys/block");

	if (!folder)
		return bd_fail_errno(err, "cannot open /sys/block");
	for (;;) {
		struct loop_info64 info;
		unsigned number;
		errno = 0;
		const struct dirent *entry = readdir(folder);
		if (!entry)
			return errno ? bd_fail_errno(err, "cannot read /sys/block") : 0;
		if (strncmp(entry->d_name, "loop", 4) != 0 || !read_number(entry->d_name + 4, &number) ||
		    !is_attached(entry->d_name))
			continue;
		int result = get_status(number, &info, err);
		/* Its device may have gone since then; then so has what sysfs has of it. */
		if (result < 0 && is_attached(entry->d_name))
			return -1;
		if (result > 0 && info.lo_device == device && info.lo_inode == inode &&
		    bd_block_devices_add(devices, makedev(LOOP_MAJOR, number), err) != 0)
			return -1;
	}
}

int bd_block_loop_file(dev_t loop_device, dev_t *device_out, ino_t *inode_out, struct bd_error *err)
{
	struct loop_info64 info;

	if (major(loop_device) != LOOP_MAJOR)
		return 0;
	int result = get_status(minor(loop_device), &info, err);
	if (result > 0) {
		*device_out = info.lo_device;
		*inode_out = info.lo_inode;
	}
	return result;
}

static bool read_loop_path(const char *path, unsigned *number_out)
{
	return strncmp(path, "/dev/loop", 9) == 0 && read_number(path + 9, number_out);
}

bool bd_block_is_loop(const char *path)
{
	unsigned number;

	return read_loop_path(path, &number);
}

int bd_block_loop_detach(const char *path, uint64_t disk_sequence, struct bd_error *err)
{
	unsigned number;
	uint64_t sequence;
	char same[24];

	if (!read_loop_path(path, &number))
		return bd_fail(err, EINVAL, "'%s' is no loop device", path);
	BD_CLOSE int fd = open_loop(number, O_RDONLY, same);
	if (fd < 0)
		return errno == ENXIO || errno == ENODEV || errno == ENOENT
			       ? 0
			       : bd_fail_errno(err, "cannot open %s", path);
	/* As long as it is open here it is not detached, and so neither is it attached to something else. */
	if (disk_sequence && ioctl(fd, BLKGETDISKSEQ, &sequence) == 0 && sequence != disk_sequence)
		return 0;
	if (ioctl(fd, LOOP_CLR_FD) != 0 && errno != ENXIO)
		return bd_fail_errno(err, "cannot detach %s", path);
	return 0;
}
