/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only mapping of modes to types of directory entries. */
#include "rootfs/file_type.h"

#include <sys/stat.h>

uint8_t bd_file_type(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return BD_TYPE_REGULAR;
	case S_IFDIR:
		return BD_TYPE_DIRECTORY;
	case S_IFCHR:
		return BD_TYPE_CHARACTER_DEVICE;
	case S_IFBLK:
		return BD_TYPE_BLOCK_DEVICE;
	case S_IFIFO:
		return BD_TYPE_FIFO;
	case S_IFSOCK:
		return BD_TYPE_SOCKET;
	case S_IFLNK:
		return BD_TYPE_SYMLINK;
	default:
		return BD_TYPE_NONE;
	}
}
