/* SPDX-License-Identifier: GPL-2.0-or-later */
/* POSIX ACLs of archives in the form of getxattr(2): linux/posix_acl_xattr.h. */
#ifndef BD_TEMPLATE_POSIX_ACL_H
#define BD_TEMPLATE_POSIX_ACL_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "template/archive_door.h"

/* type: ARCHIVE_ENTRY_ACL_TYPE_ACCESS or _DEFAULT. value_out: the caller frees; NULL: the mode says it all. mode: its
 * group bits become the ACL's mask, as they are in an inode. */
int bd_posix_acl_read(const struct bd_archive_functions *la, struct archive_entry *entry, int type, mode_t *mode,
		      void **value_out, size_t *size_out, struct bd_error *err);

#endif
