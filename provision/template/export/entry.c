/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Modes, owners, times, devices, ACLs and extended attributes. */
#include "template/export/entry.h"

#include <errno.h>
#include <limits.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/log.h"

#define ACL_HEADER_BYTES sizeof(struct posix_acl_xattr_header)
#define ACL_ENTRY_BYTES sizeof(struct posix_acl_xattr_entry)

struct acl_entry {
	unsigned tag, permissions;
	uint32_t id;
};

static struct acl_entry acl_entry_at(const struct bd_xattr *xattr, size_t i)
{
	const uint8_t *at = (const uint8_t *)xattr->value + ACL_HEADER_BYTES + i * ACL_ENTRY_BYTES;
	return (struct acl_entry){ get_le16(at), get_le16(at + 2), get_le32(at + 4) };
}

/* Whether the mode's bits are the ACL's, as the kernel keeps them. */
static bool fits_mode(unsigned tag, unsigned permissions, uint32_t mode)
{
	if (tag == ACL_USER_OBJ)
		return permissions == (mode >> 6 & 7);
	if (tag == ACL_MASK)
		return permissions == (mode >> 3 & 7);
	return tag != ACL_OTHER || permissions == (mode & 7);
}

/* Whether libarchive's ACL, read back, would give the same value: it sorts, has IDs of type int, and takes three entries
 * of an access ACL for the mode. What it would change goes into the tarball as the raw attribute. */
static bool is_plain_acl(const struct bd_xattr *xattr, bool is_access, uint32_t mode)
{
	size_t count =
		xattr->size_bytes < ACL_HEADER_BYTES ? 0 : (xattr->size_bytes - ACL_HEADER_BYTES) / ACL_ENTRY_BYTES;
	struct acl_entry before = { 0, 0, 0 };
	unsigned tags = 0;

	if (xattr->size_bytes != ACL_HEADER_BYTES + count * ACL_ENTRY_BYTES || count < (is_access ? 4 : 3) ||
	    get_le32(xattr->value) != POSIX_ACL_XATTR_VERSION)
		return false;
	for (size_t i = 0; i < count; i++) {
		struct acl_entry entry = acl_entry_at(xattr, i);
		bool is_named = entry.tag == ACL_USER || entry.tag == ACL_GROUP;
		if (entry.tag < before.tag || (entry.tag == before.tag && !(is_named && entry.id > before.id)) ||
		    entry.permissions > 7 || (is_named ? entry.id >= INT_MAX : entry.id != UINT32_MAX) ||
		    (is_access && !fits_mode(entry.tag, entry.permissions, mode)))
			return false;
		tags |= entry.tag;
		before = entry;
	}
	unsigned basic = ACL_USER_OBJ | ACL_GROUP_OBJ | ACL_OTHER;
	return (tags & basic) == basic && (tags & ACL_MASK || !(tags & (ACL_USER | ACL_GROUP)));
}

static int add_acl(const struct bd_archive_functions *la, struct archive_entry *entry, const struct bd_xattr *xattr,
		   int type)
{
	static const struct {
		unsigned tag;
		int archive_tag;
	} tags[] = {
		{ ACL_USER_OBJ, ARCHIVE_ENTRY_ACL_USER_OBJ },	{ ACL_USER, ARCHIVE_ENTRY_ACL_USER },
		{ ACL_GROUP_OBJ, ARCHIVE_ENTRY_ACL_GROUP_OBJ }, { ACL_GROUP, ARCHIVE_ENTRY_ACL_GROUP },
		{ ACL_MASK, ARCHIVE_ENTRY_ACL_MASK },		{ ACL_OTHER, ARCHIVE_ENTRY_ACL_OTHER },
	};
	for (size_t i = 0; i < (xattr->size_bytes - ACL_HEADER_BYTES) / ACL_ENTRY_BYTES; i++) {
		struct acl_entry from = acl_entry_at(xattr, i);
		bool is_named = from.tag == ACL_USER || from.tag == ACL_GROUP;
		for (size_t t = 0; t < sizeof(tags) / sizeof(*tags); t++)
			if (tags[t].tag == from.tag &&
			    la->entry_acl_add_entry(entry, type, (int)from.permissions, tags[t].archive_tag,
						    is_named ? (int)from.id : -1, NULL) != ARCHIVE_OK)
				return -1;
	}
	return 0;
}

/* libarchive writes other characters of names as %XX, which no tar turns back. */
static bool is_plain_name(const char *name)
{
	for (; *name; name++)
		if (*name < 33 || *name > 126 || *name == '%' || *name == '=')
			return false;
	return true;
}

static int add_xattr(const struct bd_archive_functions *la, struct archive_entry *entry,
		     const struct bd_sealed_inode *inode, const struct bd_xattr *xattr, struct bd_error *err)
{
	bool is_access = !strcmp(xattr->name, "system.posix_acl_access");
	bool is_default = !strcmp(xattr->name, "system.posix_acl_default");

	if ((is_access || is_default) && is_plain_acl(xattr, is_access, inode->mode)) {
		int type = is_access ? ARCHIVE_ENTRY_ACL_TYPE_ACCESS : ARCHIVE_ENTRY_ACL_TYPE_DEFAULT;
		return add_acl(la, entry, xattr, type) < 0
			       ? bd_fail(err, EINVAL, "its ACL cannot be put into a tarball")
			       : 0;
	}
	if (is_plain_name(xattr->name))
		la->entry_xattr_add_entry(entry, xattr->name, xattr->value, xattr->size_bytes);
	else
		bd_warn("an extended attribute whose name tarballs cannot hold stays behind");
	return 0;
}

int bd_export_entry_fill(const struct bd_archive_functions *la, struct archive_entry *entry,
			 const struct bd_sealed_inode *inode, struct bd_error *err)
{
	la->entry_set_mode(entry, (__LA_MODE_T)inode->mode);
	la->entry_set_uid(entry, inode->uid);
	la->entry_set_gid(entry, inode->gid);
	la->entry_set_mtime(entry, inode->mtime_s, (long)inode->mtime_ns);
	/* Imports take the mtime where there is no atime. */
	if (inode->atime_s != inode->mtime_s || inode->atime_ns != inode->mtime_ns)
		la->entry_set_atime(entry, inode->atime_s, (long)inode->atime_ns);
	la->entry_set_size(entry, S_ISREG(inode->mode) ? (la_int64_t)inode->size_bytes : 0);
	if (S_ISCHR(inode->mode) || S_ISBLK(inode->mode)) {
		la->entry_set_rdevmajor(entry, inode->rdev_major);
		la->entry_set_rdevminor(entry, inode->rdev_minor);
	}
	if (S_ISLNK(inode->mode)) {
		BD_FREE char *target = strndup(inode->target, inode->size_bytes);
		if (!target)
			return bd_no_memory(err);
		la->entry_set_symlink(entry, target);
	}
	for (size_t i = 0; i < inode->xattr_count; i++)
		if (add_xattr(la, entry, inode, &inode->xattrs[i], err) < 0)
			return -1;
	return 0;
}
