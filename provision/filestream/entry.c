/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decodes an entry's frame; none of its contents are trusted. */
#include "filestream/entry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "rootfs/posix_acl.h"

#define XATTR_BYTES_LEAST 9 /* in a frame: two sizes and a NUL */
#define ACL_BYTES_LEAST 21

/* The same name may come twice: bsdtar writes each attribute in two forms, and an ACL may be one as well. */
static void put_xattr(struct bd_stream_entry *entry, const char *name, const void *value, size_t size)
{
	size_t i = 0;

	while (i < entry->meta.xattr_count && strcmp(entry->xattrs[i].name, name) != 0)
		i++;
	entry->xattrs[i] = (struct bd_xattr){ name, value, size };
	if (i == entry->meta.xattr_count)
		entry->meta.xattr_count++;
}

static int read_xattrs(struct bd_frame_body *body, struct bd_stream_entry *entry, struct bd_error *err)
{
	uint32_t count = bd_frame_get32(body);

	if (count > body->left / XATTR_BYTES_LEAST)
		body->bad = true;
	if (body->bad)
		return 0;
	/* Two more for the ACLs. */
	entry->xattrs = calloc((size_t)count + 2, sizeof(*entry->xattrs));
	if (!entry->xattrs)
		return bd_no_memory(err);
	entry->meta.xattrs = entry->xattrs;
	for (uint32_t i = 0; i < count; i++) {
		const char *name = bd_frame_get_text(body);
		uint32_t size = bd_frame_get32(body);
		const void *value = bd_frame_get_bytes(body, size);
		if (body->bad)
			return 0;
		put_xattr(entry, name, value, size);
	}
	return 0;
}

static int read_acls(struct bd_frame_body *body, struct bd_stream_entry *entry, struct bd_error *err)
{
	static const char *const names[] = { BD_XATTR_ACL_ACCESS, BD_XATTR_ACL_DEFAULT };
	uint32_t count = bd_frame_get32(body);
	size_t size;

	if (count > body->left / ACL_BYTES_LEAST)
		body->bad = true;
	if (body->bad || !count)
		return 0;
	BD_FREE struct bd_posix_acl_entry *acl = calloc(count, sizeof(*acl));
	if (!acl)
		return bd_no_memory(err);
	for (uint32_t i = 0; i < count; i++) {
		acl[i].is_default = bd_frame_get32(body) != 0;
		acl[i].permissions = bd_frame_get32(body);
		acl[i].tag = bd_frame_get32(body);
		acl[i].id = (int32_t)bd_frame_get32(body);
		acl[i].name = bd_frame_get_text(body);
	}
	for (size_t i = 0; !body->bad && i < 2; i++) {
		if (bd_posix_acl_from_entries(acl, count, i == 1, &entry->meta.mode, &entry->acls[i], &size, err) !=
		    0)
			return -1;
		if (entry->acls[i])
			put_xattr(entry, names[i], entry->acls[i], size);
	}
	return 0;
}

/* The writer of the sealed form checks types, paths, targets, sizes and attributes for all sources. */
static bool makes_sense(const struct bd_stream_entry *entry)
{
	const struct bd_file_meta *meta = &entry->meta;

	return (meta->mode & ~(mode_t)(S_IFMT | 07777)) == 0 && meta->uid != UINT32_MAX && meta->gid != UINT32_MAX &&
	       meta->size_bytes <= INT64_MAX;
}

void bd_stream_meta_put(struct bd_frame_writer *writer, const struct bd_file_meta *meta)
{
	bd_frame_put32(writer, meta->mode);
	bd_frame_put32(writer, meta->uid);
	bd_frame_put32(writer, meta->gid);
	bd_frame_put64(writer, meta->size_bytes);
	bd_frame_put64(writer, (uint64_t)meta->mtime_s);
	bd_frame_put64(writer, (uint64_t)meta->atime_s);
	bd_frame_put32(writer, meta->mtime_ns);
	bd_frame_put32(writer, meta->atime_ns);
	bd_frame_put32(writer, meta->rdev_major);
	bd_frame_put32(writer, meta->rdev_minor);
	bd_frame_put_text(writer, meta->target);
}

bool bd_stream_entry_send(struct bd_frame_writer *writer, const struct bd_stream_entry *entry)
{
	const struct bd_file_meta *meta = &entry->meta;

	bd_frame_begin(writer, BD_FRAME_ENTRY);
	bd_frame_put32(writer, (uint32_t)entry->format);
	bd_frame_put32(writer, entry->links);
	bd_frame_put64(writer, entry->inode);
	bd_frame_put64(writer, entry->allocated_bytes);
	bd_frame_put_text(writer, entry->path);
	bd_frame_put32(writer, entry->hardlink != NULL);
	bd_frame_put_text(writer, entry->hardlink);
	bd_stream_meta_put(writer, meta);
	bd_frame_put32(writer, (uint32_t)meta->xattr_count);
	for (size_t i = 0; i < meta->xattr_count; i++) {
		bd_frame_put_text(writer, meta->xattrs[i].name);
		bd_frame_put32(writer, (uint32_t)meta->xattrs[i].size_bytes);
		bd_frame_put_bytes(writer, meta->xattrs[i].value, meta->xattrs[i].size_bytes);
	}
	bd_frame_put32(writer, 0); /* ACLs in libarchive's form */
	return bd_frame_end(writer);
}

int bd_stream_entry_decode(struct bd_frame_body *body, struct bd_stream_entry *entry, struct bd_error *err)
{
	struct bd_file_meta *meta = &entry->meta;

	entry->format = (int)bd_frame_get32(body);
	entry->links = bd_frame_get32(body);
	entry->inode = bd_frame_get64(body);
	entry->allocated_bytes = bd_frame_get64(body);
	entry->path = bd_frame_get_text(body);
	bool is_link = bd_frame_get32(body) != 0;
	const char *hardlink = bd_frame_get_text(body);
	entry->hardlink = is_link ? hardlink : NULL;
	meta->mode = bd_frame_get32(body);
	meta->uid = bd_frame_get32(body);
	meta->gid = bd_frame_get32(body);
	meta->size_bytes = bd_frame_get64(body);
	meta->mtime_s = (int64_t)bd_frame_get64(body);
	meta->atime_s = (int64_t)bd_frame_get64(body);
	meta->mtime_ns = bd_frame_get32(body);
	meta->atime_ns = bd_frame_get32(body);
	meta->rdev_major = bd_frame_get32(body);
	meta->rdev_minor = bd_frame_get32(body);
	meta->target = bd_frame_get_text(body);
	if (read_xattrs(body, entry, err) != 0 || read_acls(body, entry, err) != 0)
		return -1;
	if (body->bad || body->left || !makes_sense(entry))
		return bd_fail(err, EBADMSG, "internal error: the reader process sent a malformed entry");
	return 0;
}

void bd_stream_entry_dispose(struct bd_stream_entry *entry)
{
	free(entry->xattrs);
	free(entry->acls[0]);
	free(entry->acls[1]);
	*entry = (struct bd_stream_entry){ 0 };
}

bool bd_stream_entry_has_acl(const struct bd_stream_entry *entry)
{
	for (size_t i = 0; i < entry->meta.xattr_count; i++)
		if (strcmp(entry->meta.xattrs[i].name, BD_XATTR_ACL_ACCESS) == 0 ||
		    strcmp(entry->meta.xattrs[i].name, BD_XATTR_ACL_DEFAULT) == 0)
			return true;
	return false;
}
