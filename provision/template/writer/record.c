/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Encodes inode records; rootfs/sealed.h describes their format. */
#include "template/writer/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/cleanup.h"

static int make_room(struct bd_sealed_writer *writer, size_t size, struct bd_error *err)
{
	if (size > UINT32_MAX)
		return bd_fail(err, EFBIG, "it has too many extents");
	return bd_array_reserve(writer->record, writer->record_capacity, size, err);
}

/* Of two with the same name the one that came first: both are in one array. */
static int by_name(const void *left, const void *right)
{
	const struct bd_xattr *a = *(const struct bd_xattr *const *)left, *b = *(const struct bd_xattr *const *)right;
	int order = strcmp(a->name, b->name);

	return order ? order : (a > b) - (a < b);
}

/* In the order of their names, each once: bsdtar writes every xattr in two dialects of pax, and libarchive reads both.
 * The limits are those of the system calls: names of 255 bytes, values of 64 KiB. The caller frees. */
static int sort_xattrs(const struct bd_file_meta *meta, const struct bd_xattr ***sorted_out, size_t *count_out,
		       size_t *bytes_out, struct bd_error *err)
{
	if (meta->xattr_count > UINT16_MAX)
		return bd_fail(err, E2BIG, "it has too many extended attributes");
	BD_FREE const struct bd_xattr **sorted = malloc((meta->xattr_count + 1) * sizeof(struct bd_xattr *));
	size_t count = 0, bytes = 0;

	if (!sorted)
		return bd_no_memory(err);
	for (size_t i = 0; i < meta->xattr_count; i++)
		sorted[i] = &meta->xattrs[i];
	qsort(sorted, meta->xattr_count, sizeof(*sorted), by_name);
	for (size_t i = 0; i < meta->xattr_count; i++) {
		const struct bd_xattr *xattr = sorted[i];
		size_t name_size = strlen(xattr->name);
		if (!name_size || name_size > 255 || xattr->size_bytes > 65536)
			return bd_fail(err, E2BIG, "its extended attribute %.60s has no name, or is too long",
				       xattr->name);
		if (count && strcmp(sorted[count - 1]->name, xattr->name) == 0)
			continue;
		sorted[count++] = xattr;
		bytes += BD_SEALED_XATTR_BYTES + name_size + 1 + xattr->size_bytes;
	}
	*sorted_out = bd_take_ptr(sorted);
	*count_out = count;
	*bytes_out = bytes;
	return 0;
}

static void put_xattrs(uint8_t *at, const struct bd_xattr *const *sorted, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t name_size = strlen(sorted[i]->name) + 1;
		put_le16(at, (uint16_t)name_size);
		put_le16(at + 2, 0);
		put_le32(at + 4, (uint32_t)sorted[i]->size_bytes);
		memcpy(at + BD_SEALED_XATTR_BYTES, sorted[i]->name, name_size);
		if (sorted[i]->size_bytes)
			memcpy(at + BD_SEALED_XATTR_BYTES + name_size, sorted[i]->value, sorted[i]->size_bytes);
		at += BD_SEALED_XATTR_BYTES + name_size + sorted[i]->size_bytes;
	}
}

/* Sources that are damaged have more; nobody who reads the template has to expect that. */
static uint32_t nanoseconds(uint32_t ns)
{
	return ns <= 999999999 ? ns : 999999999;
}

int bd_sealed_writer_encode(struct bd_sealed_writer *writer, const struct bd_file_meta *meta, struct bd_error *err)
{
	BD_FREE const struct bd_xattr **xattrs = NULL;
	size_t target_size = S_ISLNK(meta->mode) ? strlen(meta->target) : 0, xattr_count = 0, xattr_bytes = 0;

	if (meta->xattr_count && sort_xattrs(meta, &xattrs, &xattr_count, &xattr_bytes, err) != 0)
		return -1;
	size_t size = BD_SEALED_INODE_BYTES + target_size + xattr_bytes;
	if (make_room(writer, size, err) != 0)
		return -1;

	uint8_t *at = writer->record;
	put_le32(at, (uint32_t)size);
	/* Archives may say anything of a symbolic link; Linux says 0777 of each. */
	put_le16(at + 4, (uint16_t)(S_ISLNK(meta->mode) ? S_IFLNK | 0777 : meta->mode));
	put_le16(at + 6, (uint16_t)xattr_count);
	put_le32(at + 8, meta->uid);
	put_le32(at + 12, meta->gid);
	put_le32(at + 16, 1);
	put_le32(at + 20, 0);
	put_le64(at + 24, S_ISREG(meta->mode) ? meta->size_bytes : target_size);
	put_le64(at + 32, (uint64_t)meta->mtime_s);
	put_le64(at + 40, (uint64_t)meta->atime_s);
	put_le32(at + 48, nanoseconds(meta->mtime_ns));
	put_le32(at + 52, nanoseconds(meta->atime_ns));
	bool device = S_ISCHR(meta->mode) || S_ISBLK(meta->mode);
	put_le32(at + 56, device ? meta->rdev_major : 0);
	put_le32(at + 60, device ? meta->rdev_minor : 0);
	if (target_size)
		memcpy(at + BD_SEALED_INODE_BYTES, meta->target, target_size);
	writer->record_size = size;
	put_xattrs(at + BD_SEALED_INODE_BYTES + target_size, xattrs, xattr_count);
	return 0;
}

int bd_sealed_writer_insert_extents(struct bd_sealed_writer *writer, const struct bd_extent *extents, size_t count,
				    struct bd_error *err)
{
	size_t bytes = count * BD_SEALED_EXTENT_BYTES;

	if (make_room(writer, writer->record_size + bytes, err) != 0)
		return -1;
	uint8_t *at = writer->record + BD_SEALED_INODE_BYTES;
	memmove(at + bytes, at, writer->record_size - BD_SEALED_INODE_BYTES);
	for (size_t i = 0; i < count; i++, at += BD_SEALED_EXTENT_BYTES) {
		put_le32(at, extents[i].logical);
		put_le32(at + 4, extents[i].count);
		put_le64(at + 8, extents[i].payload);
	}
	writer->record_size += bytes;
	put_le32(writer->record, (uint32_t)writer->record_size);
	put_le32(writer->record + 20, (uint32_t)count);
	return 0;
}
