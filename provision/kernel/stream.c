/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptors, parts of sources, and copying. */
#include "kernel/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"

int bd_kernel_read_at(const struct bd_kernel_source *source, uint64_t at_bytes, void *data_out, size_t size_bytes,
		      struct bd_error *err)
{
	if (at_bytes > source->size_bytes || size_bytes > source->size_bytes - at_bytes)
		return bd_fail(err, EINVAL, "it ends before byte %llu", (unsigned long long)at_bytes + size_bytes);
	for (size_t done = 0, got; done < size_bytes; done += got) {
		if (source->read(source, at_bytes + done, (uint8_t *)data_out + done, size_bytes - done, &got, err) !=
		    0)
			return -1;
		if (!got || got > size_bytes - done)
			return bd_fail(err, EINVAL, "it ends at byte %llu, before its size",
				       (unsigned long long)at_bytes + done);
	}
	return 0;
}

static int read_fd(const struct bd_kernel_source *source, uint64_t at_bytes, void *data_out, size_t size_bytes,
		   size_t *got_out, struct bd_error *err)
{
	if (at_bytes > INT64_MAX || lseek(source->fd, (off_t)at_bytes, SEEK_SET) < 0)
		return bd_fail_errno(err, "cannot go to byte %llu", (unsigned long long)at_bytes);
	ssize_t r = TEMP_FAILURE_RETRY(read(source->fd, data_out, size_bytes));
	if (r < 0)
		return bd_fail_errno(err, "cannot read it");
	*got_out = (size_t)r;
	return 0;
}

struct bd_kernel_source bd_kernel_source_fd(int fd, uint64_t size_bytes)
{
	return (struct bd_kernel_source){ .size_bytes = size_bytes, .read = read_fd, .fd = fd };
}

static int read_part(const struct bd_kernel_source *source, uint64_t at_bytes, void *data_out, size_t size_bytes,
		     size_t *got_out, struct bd_error *err)
{
	const struct bd_kernel_source *whole = source->whole;

	return whole->read(whole, source->first_byte + at_bytes, data_out, size_bytes, got_out, err);
}

int bd_kernel_source_part(const struct bd_kernel_source *whole, uint64_t at_bytes, uint64_t size_bytes,
			  struct bd_kernel_source *part_out, struct bd_error *err)
{
	if (at_bytes > whole->size_bytes || size_bytes > whole->size_bytes - at_bytes)
		return bd_fail(err, EINVAL, "it ends before byte %llu", (unsigned long long)(at_bytes + size_bytes));
	*part_out = (struct bd_kernel_source){
		.size_bytes = size_bytes, .read = read_part, .whole = whole, .first_byte = at_bytes, .fd = -1
	};
	return 0;
}

static int write_fd(const struct bd_kernel_sink *sink, const void *data, size_t size_bytes, struct bd_error *err)
{
	for (size_t done = 0; done < size_bytes;) {
		ssize_t r = TEMP_FAILURE_RETRY(write(sink->fd, (const uint8_t *)data + done, size_bytes - done));
		if (r < 0)
			return bd_fail_errno(err, "cannot write it");
		done += (size_t)r;
	}
	return 0;
}

struct bd_kernel_sink bd_kernel_sink_fd(int fd)
{
	return (struct bd_kernel_sink){ .write = write_fd, .fd = fd };
}

int bd_kernel_copy(const struct bd_kernel_source *source, const struct bd_kernel_sink *sink, struct bd_error *err)
{
	BD_FREE uint8_t *piece = malloc(BD_KERNEL_COPY_BYTES);

	if (!piece)
		return bd_no_memory(err);
	for (uint64_t done = 0; done < source->size_bytes;) {
		uint64_t left = source->size_bytes - done;
		size_t part = left < BD_KERNEL_COPY_BYTES ? (size_t)left : BD_KERNEL_COPY_BYTES;
		if (bd_kernel_read_at(source, done, piece, part, err) != 0 ||
		    sink->write(sink, piece, part, err) != 0)
			return -1;
		done += part;
	}
	return 0;
}
