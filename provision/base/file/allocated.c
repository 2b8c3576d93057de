/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares what a file takes with its size; asks the loop driver which file is meant. */
#include "base/file/allocated.h"

#include <limits.h>
#include <linux/loop.h>
#include <linux/major.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/file/file.h"

/* The driver tells the file's inode, and sysfs its name, as it was when the device was set up. */
static bool find_backing_file(int fd, dev_t device, struct stat *file_out)
{
	BD_FREE char *name = NULL;
	struct bd_error ignored = BD_ERROR_INIT;
	struct loop_info64 info;
	char path[64];

	if (major(device) != LOOP_MAJOR || ioctl(fd, LOOP_GET_STATUS64, &info) != 0)
		return false;
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/loop/backing_file", major(device), minor(device));
	if (bd_read_file(path, PATH_MAX, &name, NULL, &ignored) != 0)
		return false;
	name[strcspn(name, "\n")] = '\0';
	return stat(name, file_out) == 0 && file_out->st_dev == info.lo_device && file_out->st_ino == info.lo_inode;
}

bool bd_is_allocated(int fd)
{
	struct stat there, behind;

	if (fstat(fd, &there) != 0)
		return false;
	const struct stat *file =
		S_ISBLK(there.st_mode) && find_backing_file(fd, there.st_rdev, &behind) ? &behind : &there;
	return S_ISREG(file->st_mode) && (uint64_t)file->st_blocks * S_BLKSIZE >= (uint64_t)file->st_size;
}
