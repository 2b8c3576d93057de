/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Extended attributes in the format of ext3, in the inode or in a separate block. Nothing is read or written here.
 * Format: the kernel's Documentation/filesystems/ext4/attributes.rst; for ACLs see rootfs/posix_acl.h. */
#ifndef BD_EXT3_WRITER_XATTR_H
#define BD_EXT3_WRITER_XATTR_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rootfs/file_meta.h"

/* How many bytes the attributes take in the inode, or UINT64_MAX for more than any block has. */
uint64_t bd_xattr_inode_bytes(const struct bd_xattr *xattrs, size_t count);

/* Whether a block of block_size bytes holds them; E2BIG, ENOTSUP or EINVAL: the message says which it does not, and why. */
int bd_xattr_check_block(const struct bd_xattr *xattrs, size_t count, size_t block_size, struct bd_error *err);

/* Into the room behind the inode's fixed fields, which is zeroed. ENOSPC: they do not fit (nothing is written). */
int bd_xattr_put_in_inode(const struct bd_xattr *xattrs, size_t count, uint8_t *at, size_t room_bytes,
			  struct bd_error *err);
/* A whole block, zeroed before. E2BIG: ext3 cannot hold so much. */
int bd_xattr_put_in_block(const struct bd_xattr *xattrs, size_t count, uint8_t *block, size_t block_size,
			  struct bd_error *err);

#endif
