/* SPDX-License-Identifier: GPL-2.0-or-later */
/* POSIX ACLs as ext filesystems keep them. */
#ifndef BD_EXT3_READER_ACL_H
#define BD_EXT3_READER_ACL_H

#include <stddef.h>

#include "base/err.h"

/* From the form on the disk (kernel: fs/ext4/acl.h) to that of getxattr(2) (include/uapi/linux/posix_acl_xattr.h). The
 * caller frees. EIO: it is damaged. libext2fs' own conversion leaves 0 where the kernel has ACL_UNDEFINED_ID. */
int bd_ext_acl_decode(const void *disk, size_t disk_size, void **xattr_out, size_t *size_out, struct bd_error *err);

#endif
