/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only mapping of modes to types of directory entries. */
#include "rootfs/file_type.h"

#include <dirent.h>
#include <sys/stat.h>

uint8_t bd_file_type(mode_t mode)
{
	static const uint8_t types[] = {
		[IFTODT(S_IFREG)] = BD_TYPE_REGULAR,
		[IFTODT(S_IFDIR)] = BD_TYPE_DIRECTORY,
		[IFTODT(S_IFCHR)] = BD_TYPE_CHARACTER_DEVICE,
		[IFTODT(S_IFBLK)] = BD_TYPE_BLOCK_DEVICE,
		[IFTODT(S_IFIFO)] = BD_TYPE_FIFO,
		[IFTODT(S_IFSOCK)] = BD_TYPE_SOCKET,
		[IFTODT(S_IFLNK)] = BD_TYPE_SYMLINK,
		[IFTODT(S_IFMT)] = BD_TYPE_NONE,
	};

	return types[IFTODT(mode)];
}
