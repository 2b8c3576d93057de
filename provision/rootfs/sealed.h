/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sealed form of a root filesystem: `tree`, an index of inodes and directories, and `payload`, the content of all
 * files in blocks of 4 KiB, in the order of the index and without blocks of zeros. Integers are little-endian.
 *
 * tree:
 *   0  "XBDTREE" NUL        8  u32 version (1)      12  u32 block size (4096)
 *  16  u32 directories     20  u32 inodes           24  u64 payload's blocks
 *  32  u64 offset of the inode records   40  u64 of the directory records   48  u64 of the offset table
 *  56  u64 size of the whole file
 *   inode record, 64 bytes and what follows them; directories come first, the root is inode 0:
 *   0  u32 size of the record   4  u16 mode   6  u16 xattrs   8  u32 uid   12  u32 gid   16  u32 links   20  u32 extents
 *  24  u64 size in bytes; of a directory: where its record is, counted from the first one
 *  32  i64 mtime, seconds   40  i64 atime   48  u32 mtime, nanoseconds   52  u32 atime   56  u32 major   60  u32 minor
 *  64  extents: u32 first block in the file, u32 blocks, u64 first block in the payload
 *      a symlink's target, without a NUL
 *      xattrs: u16 size of the name with its NUL, u16 zero, u32 size of the value, the name, the value; in the form of
 *      getxattr(2), POSIX ACLs too
 *   directory record: u32 size of the record, u32 inode of the parent (the root's own), u32 entries; then each entry:
 *      u32 inode, u8 type (rootfs/file_type.h), u8 size of the name, the name without a NUL
 *   offset table: u64 for each inode, counted from the first record
 */
#ifndef BD_ROOTFS_SEALED_H
#define BD_ROOTFS_SEALED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rootfs/file_meta.h"

#define BD_SEALED_BLOCK_BYTES 4096u
#define BD_SEALED_HEADER_BYTES 64
#define BD_SEALED_INODE_BYTES 64
#define BD_SEALED_EXTENT_BYTES 16
#define BD_SEALED_XATTR_BYTES 8
#define BD_SEALED_DIR_BYTES 12
#define BD_SEALED_ENTRY_BYTES 6
#define BD_SEALED_FILE_BYTES_MAX \
	(UINT64_C(1) << 43) /* block numbers of a file have 32 bits; ext3's own limit is lower */
#define BD_SEALED_TARGET_BYTES_MAX 4095 /* PATH_MAX */

struct bd_extent {
	uint32_t logical, count; /* blocks of the file */
	uint64_t payload; /* first block in the payload */
};

struct bd_sealed {
	int index_fd, payload_fd; /* -1: closed */
	uint32_t dir_count, inode_count;
	uint64_t payload_blocks;
	uint64_t inodes_at, dirs_at, offsets_at, end_at;
};

/* Reads records in any order, fastest forwards. What a call gives is valid until the next call on the same reader. */
struct bd_sealed_reader {
	const struct bd_sealed *sealed; /* borrowed */
	uint8_t *window;
	size_t window_size, window_capacity;
	uint64_t window_at;
	struct bd_extent *extents;
	struct bd_xattr *xattrs;
	size_t extent_capacity, xattr_capacity;
};

struct bd_sealed_inode {
	uint32_t index, mode, uid, gid, links;
	uint64_t size_bytes; /* of a regular file, or of a symlink's target */
	uint64_t dir_at; /* of a directory, for bd_sealed_read_dir */
	int64_t mtime_s, atime_s;
	uint32_t mtime_ns, atime_ns, rdev_major, rdev_minor;
	const struct bd_extent *extents;
	const char *target; /* of a symlink; not terminated */
	const struct bd_xattr *xattrs;
	size_t extent_count, xattr_count;
	uint64_t next_at; /* where the next inode's record is, for bd_sealed_next_inode */
};

struct bd_sealed_dir {
	uint32_t parent, entry_count;
	const uint8_t *at, *end; /* entries that are not read yet */
	uint64_t next_at;
};

struct bd_sealed_entry {
	uint32_t inode;
	uint8_t type, name_size;
	const char *name; /* not terminated */
};

void bd_sealed_init(struct bd_sealed *sealed);
void bd_sealed_dispose(struct bd_sealed *sealed); /* idempotent */
/* Takes over both descriptors, also when it fails. EINVAL: not such a file, or damaged. */
int bd_sealed_open(struct bd_sealed *sealed, int index_fd, int payload_fd, struct bd_error *err);

void bd_sealed_reader_dispose(struct bd_sealed_reader *reader); /* idempotent */

int bd_sealed_read_inode(struct bd_sealed_reader *reader, uint32_t index, struct bd_sealed_inode *inode_out,
			 struct bd_error *err);
/* In order: begin with *inode zeroed. 1: read. 0: there are no more. -1: error. */
int bd_sealed_next_inode(struct bd_sealed_reader *reader, struct bd_sealed_inode *inode, struct bd_error *err);

/* dir_at: 0 for the root, dir_at of an inode, or next_at of the directory before. */
int bd_sealed_read_dir(struct bd_sealed_reader *reader, uint64_t dir_at, struct bd_sealed_dir *dir_out,
		       struct bd_error *err);
bool bd_sealed_next_entry(struct bd_sealed_dir *dir, struct bd_sealed_entry *entry_out);

#define BD_SEALED_NONE UINT32_MAX

#endif
