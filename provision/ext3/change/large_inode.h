/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inodes of a filesystem that is being changed, with all of their fields, and their times. */
#ifndef BD_EXT3_CHANGE_LARGE_INODE_H
#define BD_EXT3_CHANGE_LARGE_INODE_H

#include <ext2fs/ext2fs.h>

#include "ext3/change/changer.h"
#include "rootfs/file_meta.h"

/* libext2fs codes. */
errcode_t bd_large_inode_read(ext2_filsys fs, ext2_ino_t number, struct ext2_inode_large *inode_out);
errcode_t bd_large_inode_write(ext2_filsys fs, ext2_ino_t number, struct ext2_inode_large *inode);

/* Where the inode has no room for more than 32 bits, what they cannot say becomes the nearest time that they can. */
void bd_large_inode_put_times(const struct bd_changer *changer, const struct bd_file_meta *meta,
			      struct ext2_inode_large *inode);
/* Now: the inode, or the content too. */
void bd_large_inode_put_changed(const struct bd_changer *changer, struct ext2_inode_large *inode);
void bd_large_inode_put_modified(const struct bd_changer *changer, struct ext2_inode_large *inode);

#endif
