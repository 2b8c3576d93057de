/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers of ext2, ext3 and ext4 on the disk, for code that looks at them without libext2fs.
 *
 * The superblock lies 1024 bytes behind the filesystem's beginning; offsets are those in it, integers are little-endian.
 * Sources: the kernel's Documentation/filesystems/ext4/super.rst, e2fsprogs' lib/ext2fs/ext2_fs.h; limits: the kernel's
 * fs/ext4/ext4.h.
 */
#ifndef BD_EXT3_FORMAT_H
#define BD_EXT3_FORMAT_H

#define BD_EXT_SUPERBLOCK_START_BYTES 1024
#define BD_EXT_LOG_BLOCK_SIZE_OFFSET 24 /* s_log_block_size: u32; blocks have 1024 << this bytes */
#define BD_EXT_MOUNT_TIME_OFFSET 44 /* s_mtime: u32; 0: it was never mounted */
#define BD_EXT_MOUNT_COUNT_OFFSET 52 /* s_mnt_count: u16 */
#define BD_EXT_MAGIC_OFFSET 56 /* s_magic: u16 */
#define BD_EXT_MAGIC 0xef53
#define BD_EXT_COMPAT_OFFSET 92 /* s_feature_compat: u32 */
#define BD_EXT_COMPAT_HAS_JOURNAL 0x4
#define BD_EXT_INCOMPAT_OFFSET 96 /* s_feature_incompat: u32 */
#define BD_EXT_INCOMPAT_EXTENTS 0x40
#define BD_EXT_UUID_OFFSET 104 /* s_uuid: 16 bytes */
#define BD_EXT_JOURNAL_UUID_OFFSET \
	208 /* s_journal_uuid: 16 bytes; of the device that has the journal; 0: there is none */
#define BD_EXT_JOURNAL_DEVICE_OFFSET 228 /* s_journal_dev: u32; likewise */

#define BD_EXT_ROOT_INO 2 /* EXT2_ROOT_INO */
#define BD_EXT_LOST_AND_FOUND "/lost+found" /* where e2fsck puts what has lost its name */

#define BD_EXT_LINKS_MAX 65000 /* EXT4_LINK_MAX: names of an inode */
#define BD_EXT_CHILD_DIRS_MAX (BD_EXT_LINKS_MAX - 2) /* less "." and the directory's own name */

#endif
