/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes blocks of the payload, and zeros between them. */
#include "template/export/content.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/file/file.h"
#include "base/process/cancel.h"
#include "base/progress.h"

/* Smaller holes are written as zeros: most programs have some, and need not become sparse files for it. */
#define HOLE_BYTES (64u << 10)

int bd_export_fail(const struct bd_archive_functions *la, struct archive *archive, struct bd_error *err)
{
	/* archive_errno cannot be loaded by dlsym under its name, because errno is a macro; archive_error_string
	 * often says no more than that writing failed. */
	int code = errno;
	if (code == ENOSPC || code == EDQUOT || code == EFBIG || code == EPIPE)
		return bd_fail_errno(err, "cannot write the tarball");
	const char *text = la->error_string(archive);
	return bd_fail(err, EIO, "cannot write the tarball: %s", text ? text : "unknown error of libarchive");
}

/* Where the data that follows the byte `from` begins and ends; false: there is no more. Small holes count as data. */
static bool next_data(const struct bd_sealed_inode *inode, size_t *extent, uint64_t *begin_out, uint64_t *end_out)
{
	uint64_t begin, end;
	if (*extent == inode->extent_count)
		return false;
	begin = (uint64_t)inode->extents[*extent].logical * BD_SEALED_BLOCK_BYTES;
	do {
		const struct bd_extent *at = &inode->extents[*extent];
		end = ((uint64_t)at->logical + at->count) * BD_SEALED_BLOCK_BYTES;
		++*extent;
	} while (*extent < inode->extent_count &&
		 (uint64_t)inode->extents[*extent].logical * BD_SEALED_BLOCK_BYTES < end + HOLE_BYTES);
	*begin_out = begin < HOLE_BYTES ? 0 : begin;
	*end_out = end < inode->size_bytes && inode->size_bytes - end >= HOLE_BYTES ? end : inode->size_bytes;
	return true;
}

static bool is_sparse(const struct bd_sealed_inode *inode)
{
	uint64_t begin, end;
	size_t extent = 0;
	if (!next_data(inode, &extent, &begin, &end))
		return inode->size_bytes >= HOLE_BYTES;
	return begin != 0 || end != inode->size_bytes;
}

void bd_export_holes(const struct bd_archive_functions *la, struct archive_entry *entry,
		     const struct bd_sealed_inode *inode)
{
	uint64_t begin, end;
	size_t extent = 0;

	if (!is_sparse(inode))
		return;
	/* All of it is a hole: nothing at its end, which is GNU tar's way to say so. */
	if (!inode->extent_count)
		la->entry_sparse_add_entry(entry, (la_int64_t)inode->size_bytes, 0);
	while (next_data(inode, &extent, &begin, &end))
		la->entry_sparse_add_entry(entry, (la_int64_t)begin, (la_int64_t)(end - begin));
}

struct writer {
	const struct bd_archive_functions *la;
	struct archive *archive;
	const struct bd_sealed *sealed;
	uint8_t *buffer;
	uint64_t done, size_bytes; /* of the file */
	uint64_t before; /* bytes of the files before it */
};

static int write_buffer(struct writer *writer, size_t size, struct bd_error *err)
{
	if (bd_cancel_check(err) < 0)
		return -1;
	/* What lies in holes is passed over by libarchive; it writes less than it is given behind the last data. */
	if (writer->la->write_data(writer->archive, writer->buffer, size) < 0)
		return bd_export_fail(writer->la, writer->archive, err);
	writer->done += size;
	bd_progress_update(writer->before + writer->done);
	return 0;
}

static int write_zeros(struct writer *writer, uint64_t until, struct bd_error *err)
{
	memset(writer->buffer, 0, until > writer->done ? BD_EXPORT_BUFFER_BYTES : 0);
	while (writer->done < until) {
		uint64_t left = until - writer->done;
		if (write_buffer(writer, left < BD_EXPORT_BUFFER_BYTES ? (size_t)left : BD_EXPORT_BUFFER_BYTES, err) <
		    0)
			return -1;
	}
	return 0;
}

static int write_extent(struct writer *writer, const struct bd_extent *extent, struct bd_error *err)
{
	uint64_t begin = (uint64_t)extent->logical * BD_SEALED_BLOCK_BYTES;
	uint64_t end = begin + (uint64_t)extent->count * BD_SEALED_BLOCK_BYTES;
	uint64_t at = extent->payload * BD_SEALED_BLOCK_BYTES;

	if (begin < writer->done || begin >= writer->size_bytes)
		return bd_fail(err, EINVAL, "the template's index is damaged: extents overlap or exceed the end");
	if (write_zeros(writer, begin, err) < 0)
		return -1;
	if (end > writer->size_bytes)
		end = writer->size_bytes;
	while (writer->done < end) {
		uint64_t left = end - writer->done;
		size_t want = left < BD_EXPORT_BUFFER_BYTES ? (size_t)left : BD_EXPORT_BUFFER_BYTES;
		ssize_t r = bd_pread_full(writer->sealed->payload_fd, writer->buffer, want, at);

		if (r <= 0)
			return r ? bd_fail_errno(err, "cannot read the template's payload")
				 : bd_fail(err, EIO, "the template's payload is truncated");
		if (write_buffer(writer, (size_t)r, err) < 0)
			return -1;
		at += (uint64_t)r;
	}
	return 0;
}

int bd_export_content(const struct bd_archive_functions *la, struct archive *archive, const struct bd_sealed *sealed,
		      const struct bd_sealed_inode *inode, uint64_t before, uint8_t *buffer, struct bd_error *err)
{
	struct writer writer = { .la = la,
				 .archive = archive,
				 .sealed = sealed,
				 .buffer = buffer,
				 .size_bytes = inode->size_bytes,
				 .before = before };
	uint64_t begin, end = 0;
	size_t extent = 0;

	for (size_t i = 0; i < inode->extent_count; i++)
		if (write_extent(&writer, &inode->extents[i], err) < 0)
			return -1;
	while (next_data(inode, &extent, &begin, &end))
		;
	/* libarchive writes the map of holes with the first data, which there has to be therefore. */
	if (!inode->extent_count)
		end = 1;
	/* A hole at the end is no data; one that is too small to be a hole is. */
	return write_zeros(&writer, is_sparse(inode) ? end : inode->size_bytes, err);
}
