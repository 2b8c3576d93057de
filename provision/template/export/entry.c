/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Converts modes, owners, times, devices, ACLs and extended attributes. */
#include "template/export/entry.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "rootfs/posix_acl.h"

/* added_out: false where it is to be added as a plain attribute. */
static int add_acl(const struct bd_archive_functions *la, struct archive_entry *entry, mode_t mode,
		   const struct bd_xattr *xattr, bool *added_out, struct bd_error *err)
{
	bool is_default = !strcmp(xattr->name, BD_XATTR_ACL_DEFAULT);
	int type = is_default ? ARCHIVE_ENTRY_ACL_TYPE_DEFAULT : ARCHIVE_ENTRY_ACL_TYPE_ACCESS;
	BD_FREE struct bd_posix_acl_entry *acl = NULL;
	size_t count = 0;

	if (bd_posix_acl_to_entries(xattr->value, xattr->size_bytes, is_default, mode, &acl, &count, err) != 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (la->entry_acl_add_entry(entry, type, (int)acl[i].permissions, (int)acl[i].tag, acl[i].id, NULL) !=
		    ARCHIVE_OK)
			return bd_fail(err, EINVAL, "its ACL cannot be stored in a tar archive");
	*added_out = acl != NULL;
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
	bool added = false;

	if (bd_xattr_is_acl(xattr->name) && add_acl(la, entry, (mode_t)inode->mode, xattr, &added, err) != 0)
		return -1;
	if (added)
		return 0;
	if (is_plain_name(xattr->name))
		la->entry_xattr_add_entry(entry, xattr->name, xattr->value, xattr->size_bytes);
	else
		bd_warn("an extended attribute was left out: tar archives cannot store its name");
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
