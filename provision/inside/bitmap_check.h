/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the block bitmap of a filesystem can be relied on by who leaves out free blocks. */
#ifndef BD_INSIDE_BITMAP_CHECK_H
#define BD_INSIDE_BITMAP_CHECK_H

#include <ext2fs/ext2fs.h>

#include "base/err.h"

/* fs: with its block bitmap read. EIO: a superblock, group descriptors, a bitmap or an inode table is free by it, or a block of an
 * inode that has a name, whatever the bitmap of inodes says; or an inode cannot be read or has blocks outside the filesystem.
 * What is marked as used and belongs to nobody is not looked for. alive: called from time to time. */
int bd_bitmap_check(ext2_filsys fs, void (*alive)(void *context), void *context, struct bd_error *err);

#endif
