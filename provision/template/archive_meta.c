/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Modes, owners, times, devices, extended attributes and ACLs of an archive's entry. */
#include "template/archive_meta.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "template/posix_acl.h"

static int read_owner(la_int64_t value, const char *what, uint32_t *out, struct bd_error *err)
{
	/* The last number means "nobody" to the kernel: chown(2) leaves the owner as it is. */
	if (value < 0 || value >= UINT32_MAX)
		return bd_fail(err, ERANGE, "its %s %lld is out of range", what, (long long)value);
	*out = (uint32_t)value;
	return 0;
}

/* pax has times as decimal fractions: "-1.25" is 0.75 after -2, and comes from libarchive as -1 and 0.25. */
static void set_time(int64_t seconds, long nanoseconds, bool is_tar, int64_t *seconds_out, uint32_t *nanoseconds_out)
{
	if (is_tar && seconds < 0 && seconds > INT64_MIN && nanoseconds > 0) {
		seconds--;
		nanoseconds = 1000000000 - nanoseconds;
	}
	*seconds_out = seconds;
	*nanoseconds_out = nanoseconds >= 0 && nanoseconds < 1000000000 ? (uint32_t)nanoseconds : 0;
}

static int read_device(const struct bd_archive_functions *la, struct archive_entry *entry, struct bd_seal_meta *meta,
		       struct bd_error *err)
{
	dev_t device_major = la->entry_rdevmajor(entry), device_minor = la->entry_rdevminor(entry);

	if (device_major > UINT32_MAX || device_minor > UINT32_MAX)
		return bd_fail(err, ERANGE, "its device number is out of range");
	meta->rdev_major = (uint32_t)device_major;
	meta->rdev_minor = (uint32_t)device_minor;
	return 0;
}

static int read_size(const struct bd_archive_functions *la, struct archive_entry *entry, struct bd_seal_meta *meta,
		     struct bd_error *err)
{
	if (!la->entry_size_is_set(entry))
		return bd_fail(err, ENOTSUP,
			       "its size is not known before its content: give the archive as a file, not as a pipe");
	la_int64_t size = la->entry_size(entry);
	if (size < 0)
		return bd_fail(err, EINVAL, "its size is negative");
	meta->size_bytes = (uint64_t)size;
	return 0;
}

/* The same name may come twice: bsdtar writes each attribute in two forms, and an ACL may be one as well. */
static void put_xattr(struct bd_archive_meta *out, const char *name, const void *value, size_t size)
{
	size_t i = 0;

	while (i < out->meta.xattr_count && strcmp(out->xattrs[i].name, name) != 0)
		i++;
	out->xattrs[i] = (struct bd_xattr){ name, value, size };
	if (i == out->meta.xattr_count)
		out->meta.xattr_count++;
}

static int read_xattrs(const struct bd_archive_functions *la, struct archive_entry *entry,
		       struct bd_archive_meta *out, struct bd_error *err)
{
	static const struct {
		int type;
		const char *name;
	} acls[] = {
		{ ARCHIVE_ENTRY_ACL_TYPE_ACCESS, "system.posix_acl_access" },
		{ ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, "system.posix_acl_default" },
	};
	int count = la->entry_xattr_reset(entry);
	const char *name;
	const void *value;
	size_t size;

	out->xattrs = calloc((size_t)count + 2, sizeof(*out->xattrs));
	if (!out->xattrs)
		return bd_fail(err, ENOMEM, "out of memory");
	for (int i = 0; i < count && la->entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK; i++)
		put_xattr(out, name, value, size);
	if (la->entry_acl_types(entry) & ARCHIVE_ENTRY_ACL_TYPE_NFS4)
		return bd_fail(err, ENOTSUP, "it has an NFSv4 ACL, which Linux' filesystems cannot hold");
	for (size_t i = 0; i < 2; i++) {
		if (bd_posix_acl_read(la, entry, acls[i].type, &out->meta.mode, &out->acls[i], &size, err) != 0)
			return -1;
		if (out->acls[i])
			put_xattr(out, acls[i].name, out->acls[i], size);
	}
	out->meta.xattrs = out->xattrs;
	return 0;
}

int bd_archive_meta_read(const struct bd_archive_functions *la, struct archive_entry *entry, int format,
			 struct bd_archive_meta *out, struct bd_error *err)
{
	struct bd_seal_meta *meta = &out->meta;

	meta->mode = la->entry_mode(entry) & (S_IFMT | 07777);
	if (read_owner(la->entry_uid(entry), "owner", &meta->uid, err) != 0 ||
	    read_owner(la->entry_gid(entry), "group", &meta->gid, err) != 0)
		return -1;
	bool is_tar = format == ARCHIVE_FORMAT_TAR;
	set_time(la->entry_mtime(entry), la->entry_mtime_nsec(entry), is_tar, &meta->mtime_s, &meta->mtime_ns);
	meta->atime_s = meta->mtime_s;
	meta->atime_ns = meta->mtime_ns;
	if (la->entry_atime_is_set(entry))
		set_time(la->entry_atime(entry), la->entry_atime_nsec(entry), is_tar, &meta->atime_s,
			 &meta->atime_ns);
	if (S_ISREG(meta->mode) && read_size(la, entry, meta, err) != 0)
		return -1;
	if ((S_ISCHR(meta->mode) || S_ISBLK(meta->mode)) && read_device(la, entry, meta, err) != 0)
		return -1;
	if (S_ISLNK(meta->mode) && !(meta->target = la->entry_symlink(entry)))
		return bd_fail(err, EINVAL, "its target cannot be read");
	return read_xattrs(la, entry, out, err);
}

void bd_archive_meta_dispose(struct bd_archive_meta *meta)
{
	free(meta->xattrs);
	free(meta->acls[0]);
	free(meta->acls[1]);
	*meta = (struct bd_archive_meta){ 0 };
}
