/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Widens each entry of an ACL to eight bytes. */
#include "ext3/reader/acl.h"

#include <errno.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"

#define DISK_VERSION 1
#define DISK_SHORT_BYTES 4 /* tag, permissions */
#define DISK_LONG_BYTES 8 /* and an ID: of ACL_USER and ACL_GROUP */

int bd_ext_acl_decode(const void *disk, size_t disk_size, void **xattr_out, size_t *size_out, struct bd_error *err)
{
	const uint8_t *at = disk, *end = at + disk_size;
	if (disk_size < 4 || get_le32(at) != DISK_VERSION)
		return bd_fail(err, EIO, "the ACL is damaged");
	/* No entry grows by more than its own size. */
	BD_FREE uint8_t *xattr = malloc(4 + 2 * disk_size);
	if (!xattr)
		return bd_no_memory(err);
	size_t size = 4;
	put_le32(xattr, POSIX_ACL_XATTR_VERSION);
	at += 4;
	while (at < end) {
		if (end - at < DISK_SHORT_BYTES)
			return bd_fail(err, EIO, "the ACL is damaged");
		uint16_t tag = get_le16(at);
		bool has_id = tag == ACL_USER || tag == ACL_GROUP;
		if (has_id && end - at < DISK_LONG_BYTES)
			return bd_fail(err, EIO, "the ACL is damaged");
		memcpy(xattr + size, at, 4);
		put_le32(xattr + size + 4, has_id ? get_le32(at + 4) : (uint32_t)ACL_UNDEFINED_ID);
		at += has_id ? DISK_LONG_BYTES : DISK_SHORT_BYTES;
		size += sizeof(struct posix_acl_xattr_entry);
	}
	*xattr_out = bd_take_ptr(xattr);
	*size_out = size;
	return 0;
}
