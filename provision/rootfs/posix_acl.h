/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The three forms of a POSIX ACL, and the ways between them:
 *
 * - the value of getxattr(2), which the sealed form keeps: u32 version 2, then for each entry u16 tag, u16 permissions,
 *   u32 ID; 0xffffffff where the tag has none (linux/posix_acl_xattr.h);
 * - that of ext2/3/4's attribute blocks: u32 version 1, and IDs only where the tag has one (fs/ext4/acl.h);
 * - libarchive's entries (archive_entry_acl(3)).
 */
#ifndef BD_ROOTFS_POSIX_ACL_H
#define BD_ROOTFS_POSIX_ACL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

#define BD_XATTR_ACL_ACCESS "system.posix_acl_access"
#define BD_XATTR_ACL_DEFAULT "system.posix_acl_default" /* of directories: what is made in them begins with it */

bool bd_xattr_is_acl(const char *name);

/* As libarchive has it: tag is one of ARCHIVE_ENTRY_ACL_*. */
struct bd_posix_acl_entry {
	bool is_default; /* of a directory's default ACL */
	uint32_t permissions, tag;
	int32_t id; /* INT_MAX or below 0: the name has to do */
	const char *name; /* borrowed */
};

/* The caller frees what these give.
 *
 * want_default: which of the two ACLs. value_out: NULL where the mode says it all. mode: its group bits become the ACL's
 * mask, as they are in an inode. EINVAL, E2BIG: the kernel would not take it. */
int bd_posix_acl_from_entries(const struct bd_posix_acl_entry *acl, size_t acl_count, bool want_default, mode_t *mode,
			      void **value_out, size_t *size_out, struct bd_error *err);
/* entries_out: NULL where libarchive's ACL, read back, would not give the same value: it sorts, has IDs of type int, and
 * takes three entries of an access ACL for the mode. Such a value travels as a plain attribute. */
int bd_posix_acl_to_entries(const void *value, size_t size, bool is_default, mode_t mode,
			    struct bd_posix_acl_entry **entries_out, size_t *count_out, struct bd_error *err);

/* EIO: it is damaged. libext2fs' own conversion leaves 0 where the kernel has ACL_UNDEFINED_ID. */
int bd_posix_acl_from_ext(const void *disk, size_t disk_size, void **value_out, size_t *size_out,
			  struct bd_error *err);
/* EINVAL: it is damaged. */
int bd_posix_acl_to_ext(const void *value, size_t size, void **disk_out, size_t *disk_size_out, struct bd_error *err);

#endif
