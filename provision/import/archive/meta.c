/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Encodes modes, owners, times, devices, extended attributes and ACLs of an archive's entry as a frame. */
#include "import/archive/meta.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "rootfs/file_meta.h"

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

static int read_device(const struct bd_archive_functions *la, struct archive_entry *entry, struct bd_file_meta *meta,
		       struct bd_error *err)
{
	dev_t device_major = la->entry_rdevmajor(entry), device_minor = la->entry_rdevminor(entry);

	if (device_major > UINT32_MAX || device_minor > UINT32_MAX)
		return bd_fail(err, ERANGE, "its device number is out of range");
	meta->rdev_major = (uint32_t)device_major;
	meta->rdev_minor = (uint32_t)device_minor;
	return 0;
}

static int read_size(const struct bd_archive_functions *la, struct archive_entry *entry, uint64_t *size_out,
		     struct bd_error *err)
{
	if (!la->entry_size_is_set(entry))
		return bd_fail(
			err, ENOTSUP,
			"its size is stored behind its content: give the archive as a file, not through a pipe");
	la_int64_t size = la->entry_size(entry);
	if (size < 0)
		return bd_fail(err, EINVAL, "its size is negative");
	*size_out = (uint64_t)size;
	return 0;
}

static void put_xattrs(const struct bd_archive_functions *la, struct archive_entry *entry,
		       struct bd_frame_writer *writer)
{
	int count = la->entry_xattr_reset(entry);
	const char *name;
	const void *value;
	size_t size;

	bd_frame_put32(writer, (uint32_t)count);
	for (int i = 0; i < count; i++) {
		if (la->entry_xattr_next(entry, &name, &value, &size) != ARCHIVE_OK) {
			name = "";
			size = 0;
		}
		bd_frame_put_text(writer, name);
		bd_frame_put32(writer, (uint32_t)size);
		bd_frame_put_bytes(writer, value, size);
	}
}

static int put_acls(const struct bd_archive_functions *la, struct archive_entry *entry,
		    struct bd_frame_writer *writer, struct bd_error *err)
{
	static const int types[] = { ARCHIVE_ENTRY_ACL_TYPE_ACCESS, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT };
	int counts[2], type, permissions, tag, id;
	const char *name;

	if (la->entry_acl_types(entry) & ARCHIVE_ENTRY_ACL_TYPE_NFS4)
		return bd_fail(err, ENOTSUP, "it has an NFSv4 ACL, which Linux filesystems do not support");
	for (int i = 0; i < 2; i++)
		counts[i] = la->entry_acl_reset(entry, types[i]);
	bd_frame_put32(writer, (uint32_t)(counts[0] + counts[1]));
	for (int i = 0; i < 2; i++) {
		la->entry_acl_reset(entry, types[i]);
		for (int n = 0; n < counts[i]; n++) {
			if (la->entry_acl_next(entry, types[i], &type, &permissions, &tag, &id, &name) != ARCHIVE_OK)
				return bd_fail(err, EINVAL, "its ACL cannot be read");
			bd_frame_put32(writer, i == 1);
			bd_frame_put32(writer, (uint32_t)permissions);
			bd_frame_put32(writer, (uint32_t)tag);
			bd_frame_put32(writer, (uint32_t)id);
			bd_frame_put_text(writer, name);
		}
	}
	return 0;
}

/* Of a hard link only the content counts, where that comes along. */
static void put_link(const struct bd_archive_functions *la, struct archive_entry *entry,
		     struct bd_frame_writer *writer, uint64_t *content_bytes_out)
{
	la_int64_t size = la->entry_size_is_set(entry) ? la->entry_size(entry) : 0;

	*content_bytes_out = size > 0 ? (uint64_t)size : 0;
	bd_stream_meta_put(writer, &(struct bd_file_meta){ .size_bytes = *content_bytes_out });
	bd_frame_put32(writer, 0);
	bd_frame_put32(writer, 0);
}

static int put_file(const struct bd_archive_functions *la, struct archive_entry *entry, int format,
		    struct bd_frame_writer *writer, uint64_t *content_bytes_out, struct bd_error *err)
{
	struct bd_file_meta meta = { .mode = la->entry_mode(entry) & (S_IFMT | 07777) };
	bool is_tar = format == ARCHIVE_FORMAT_TAR;

	if (read_owner(la->entry_uid(entry), "owner", &meta.uid, err) != 0 ||
	    read_owner(la->entry_gid(entry), "group", &meta.gid, err) != 0)
		return -1;
	set_time(la->entry_mtime(entry), la->entry_mtime_nsec(entry), is_tar, &meta.mtime_s, &meta.mtime_ns);
	meta.atime_s = meta.mtime_s;
	meta.atime_ns = meta.mtime_ns;
	if (la->entry_atime_is_set(entry))
		set_time(la->entry_atime(entry), la->entry_atime_nsec(entry), is_tar, &meta.atime_s, &meta.atime_ns);
	if (S_ISREG(meta.mode) && read_size(la, entry, &meta.size_bytes, err) != 0)
		return -1;
	if (S_ISLNK(meta.mode) && !(meta.target = la->entry_symlink(entry)))
		return bd_fail(err, EINVAL, "its target cannot be read");
	if ((S_ISCHR(meta.mode) || S_ISBLK(meta.mode)) && read_device(la, entry, &meta, err) != 0)
		return -1;
	bd_stream_meta_put(writer, &meta);
	put_xattrs(la, entry, writer);
	*content_bytes_out = meta.size_bytes;
	return put_acls(la, entry, writer, err);
}

int bd_archive_meta_send(const struct bd_archive_functions *la, struct archive_entry *entry, int format,
			 struct bd_frame_writer *writer, uint64_t *content_bytes_out, struct bd_error *err)
{
	const char *target = la->entry_hardlink(entry);
	/* cpio takes directories of one inode number for links of each other. */
	bool is_link = target && la->entry_filetype(entry) != AE_IFDIR;

	bd_frame_begin(writer, BD_FRAME_ENTRY);
	bd_frame_put32(writer, (uint32_t)format);
	bd_frame_put32(writer, la->entry_nlink(entry));
	bd_frame_put64(writer, 0); /* inode and allocated bytes: archives have none */
	bd_frame_put64(writer, 0);
	bd_frame_put_text(writer, la->entry_pathname(entry));
	bd_frame_put32(writer, is_link);
	bd_frame_put_text(writer, is_link ? target : "");
	if (is_link)
		put_link(la, entry, writer, content_bytes_out);
	else if (put_file(la, entry, format, writer, content_bytes_out, err) != 0)
		return -1;
	return bd_frame_end(writer) ? 0 : bd_fail(err, E2BIG, "its name and attributes are too long");
}
