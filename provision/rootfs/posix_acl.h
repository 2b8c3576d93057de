/* SPDX-License-Identifier: GPL-2.0-or-later */
/* POSIX ACLs of archives in the form of getxattr(2): linux/posix_acl_xattr.h. */
#ifndef BD_ROOTFS_POSIX_ACL_H
#define BD_ROOTFS_POSIX_ACL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* As libarchive gives it: tag is one of ARCHIVE_ENTRY_ACL_*. */
struct bd_posix_acl_entry {
	bool is_default; /* of a directory's default ACL */
	uint32_t permissions, tag;
	int32_t id; /* INT_MAX or below 0: the name has to do */
	const char *name;
};

/* want_default: which of the two ACLs. value_out: the caller frees; NULL: the mode says it all. mode: its group bits
 * become the ACL's mask, as they are in an inode. */
int bd_posix_acl_read(const struct bd_posix_acl_entry *acl, size_t acl_count, bool want_default, mode_t *mode,
		      void **value_out, size_t *size_out, struct bd_error *err);

#endif
