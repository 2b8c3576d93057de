/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The type of a file in a directory entry: one byte, the same in ext2/3/4 (EXT2_FT_* of e2fsprogs' lib/ext2fs/ext2_fs.h;
 * Documentation/filesystems/ext4/directory.rst) and in the sealed form (rootfs/sealed.h).
 */
#ifndef BD_ROOTFS_FILE_TYPE_H
#define BD_ROOTFS_FILE_TYPE_H

#include <stdint.h>
#include <sys/types.h>

enum bd_file_type {
	BD_TYPE_NONE, /* of no kind that there is, or not said */
	BD_TYPE_REGULAR,
	BD_TYPE_DIRECTORY,
	BD_TYPE_CHARACTER_DEVICE,
	BD_TYPE_BLOCK_DEVICE,
	BD_TYPE_FIFO,
	BD_TYPE_SOCKET,
	BD_TYPE_SYMLINK,
	BD_TYPE_COUNT
};

uint8_t bd_file_type(mode_t mode); /* enum bd_file_type, by the bits of S_IFMT */

#endif
