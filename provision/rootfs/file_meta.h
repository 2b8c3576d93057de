/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The metadata of a file in a root filesystem, apart from its name and content, independent of the source: readers
 * of archives, directories and disks produce it, and the writer of the sealed form consumes it. */
#ifndef BD_ROOTFS_FILE_META_H
#define BD_ROOTFS_FILE_META_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

#define BD_SELINUX_LABEL "security.selinux" /* the xattr that is the label; its value ends in a NUL, as a rule */

struct bd_xattr {
	const char *name; /* "user.mime_type", "security.capability", "system.posix_acl_access" */
	const void *value; /* in the form of getxattr(2), POSIX ACLs too */
	size_t size_bytes;
};

/* All pointers are borrowed. */
struct bd_file_meta {
	mode_t mode; /* S_IFMT and 07777 */
	uint32_t uid, gid;
	uint64_t size_bytes; /* S_IFREG */
	int64_t mtime_s, atime_s;
	uint32_t mtime_ns, atime_ns;
	uint32_t rdev_major, rdev_minor; /* S_IFCHR, S_IFBLK */
	const char *target; /* S_IFLNK; terminated */
	const struct bd_xattr *xattrs;
	size_t xattr_count;
};

/* Takes content of a regular file, at rising offsets; what is left out is a hole. Returns 0 or -1. */
typedef int (*bd_file_data)(void *context, uint64_t offset_bytes, const void *data, size_t size_bytes,
			    struct bd_error *err);

#endif
