/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the metadata in an inode of ext2, ext3 or ext4: owner, times, device number, symlink target, extended
 * attributes. Format: the kernel's Documentation/filesystems/ext4, inodes.rst and attributes.rst; e2fsprogs'
 * lib/ext2fs/ext2_fs.h. */
#ifndef BD_EXT3_READER_INODE_H
#define BD_EXT3_READER_INODE_H

#include <ext2fs/ext2fs.h>

#include "base/err.h"
#include "rootfs/file_meta.h"

/* One inode at a time. */
struct bd_ext_inode {
	ext2_filsys fs; /* borrowed */
	ext2_ino_t number;
	struct ext2_inode_large *raw; /* as large as the filesystem's inodes, or as the struct, which is more */
	char *target; /* of a symlink; owned */
	struct ext2_xattr_handle *attributes; /* owned */
	struct bd_xattr *xattrs;
	size_t xattr_count;
	void **values; /* those that were converted; owned */
	size_t value_count;
};

int bd_ext_inode_init(struct bd_ext_inode *inode, ext2_filsys fs, struct bd_error *err);
void bd_ext_inode_dispose(struct bd_ext_inode *inode); /* idempotent */

/* EIO: it is damaged, or not in use. ENOTSUP: it is encrypted. */
int bd_ext_inode_read(struct bd_ext_inode *inode, ext2_ino_t number, struct bd_error *err);
/* The meta's pointers are valid until the next read. */
int bd_ext_inode_meta(struct bd_ext_inode *inode, struct bd_file_meta *meta_out, struct bd_error *err);

#endif
