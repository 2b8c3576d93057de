/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shares or copies ranges between two files. */
#include "base/file/range_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/file/file.h"
#include "base/file/zero.h"
#include "base/hash.h"
#include "base/process/cancel.h"

#define BUFFER_BYTES (1024u * 1024)

void bd_range_copy_init(struct bd_range_copy *copy, int from_fd, int to_fd, uint64_t begin_bytes)
{
	*copy = (struct bd_range_copy){ .from_fd = from_fd,
					.to_fd = to_fd,
					.begin_bytes = begin_bytes,
					.places = BD_HASH_INIT,
					.from_name = "the template's payload",
					.to_name = "the image" };
}

void bd_range_copy_dispose(struct bd_range_copy *copy)
{
	free(copy->buffer);
	copy->buffer = NULL;
}

/* 1: done. 0: this way does not work between these files. */
static int share(struct bd_range_copy *copy, struct bd_error *err)
{
	struct file_clone_range range = {
		.src_fd = copy->from_fd,
		.src_offset = copy->from_bytes,
		.src_length = copy->size_bytes,
		.dest_offset = copy->begin_bytes + copy->to_bytes,
	};

	if (ioctl(copy->to_fd, FICLONERANGE, &range) == 0)
		return 1;
	if (errno == ENOSPC || errno == EDQUOT || errno == EIO)
		return bd_fail_errno(err, "cannot share the blocks");
	return 0;
}

/* Bytes copied, or 0: this way does not work between these files. */
static ssize_t copy_in_kernel(struct bd_range_copy *copy, size_t size, struct bd_error *err)
{
	off_t from = (off_t)copy->from_bytes, to = (off_t)(copy->begin_bytes + copy->to_bytes);
	ssize_t r = TEMP_FAILURE_RETRY(copy_file_range(copy->from_fd, &from, copy->to_fd, &to, size, 0));

	if (r < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EIO || errno == EFBIG))
		return bd_fail_errno(err, "cannot copy the content");
	return r < 0 ? 0 : r;
}

static ssize_t copy_in_memory(struct bd_range_copy *copy, size_t size, struct bd_error *err)
{
	if (!copy->buffer)
		copy->buffer = malloc(BUFFER_BYTES);
	if (!copy->buffer)
		return bd_no_memory(err);
	if (size > BUFFER_BYTES)
		size = BUFFER_BYTES;
	ssize_t r = bd_pread_full(copy->from_fd, copy->buffer, size, copy->from_bytes);
	if (r <= 0)
		return r ? bd_fail_errno(err, "cannot read %s", copy->from_name)
			 : bd_fail(err, EIO, "%s is truncated", copy->from_name);
	if (bd_pwrite_all(copy->to_fd, copy->buffer, (size_t)r, copy->begin_bytes + copy->to_bytes, copy->to_name,
			  err) != 0)
		return -1;
	return r;
}

static void advance(struct bd_range_copy *copy, uint64_t bytes)
{
	copy->from_bytes += bytes;
	copy->to_bytes += bytes;
	copy->size_bytes -= bytes;
	copy->done_bytes += bytes;
	if (copy->progress)
		copy->progress(copy->done_bytes);
}

int bd_range_copy_finish(struct bd_range_copy *copy, struct bd_error *err)
{
	if (copy->way == BD_COPY_SHARE && copy->size_bytes) {
		int shared = share(copy, err);
		if (shared < 0)
			return -1;
		if (shared)
			advance(copy, copy->size_bytes);
		else
			copy->way = BD_COPY_KERNEL;
	}
	while (copy->size_bytes) {
		size_t size = copy->size_bytes < BD_COPY_PIECE_BYTES ? (size_t)copy->size_bytes : BD_COPY_PIECE_BYTES;
		ssize_t r = 0;
		if (bd_cancel_check(err) != 0)
			return -1;
		if (copy->way == BD_COPY_KERNEL)
			r = copy_in_kernel(copy, size, err);
		if (r == 0) {
			copy->way = BD_COPY_MEMORY;
			r = copy_in_memory(copy, size, err);
		}
		if (r < 0)
			return -1;
		/* The disk works while the next piece is copied; all of it is waited for at the end, by fsync. */
		if (!copy->stays_in_memory)
			sync_file_range(copy->to_fd, (off_t)(copy->begin_bytes + copy->to_bytes), r,
					SYNC_FILE_RANGE_WRITE);
		advance(copy, (uint64_t)r);
	}
	return bd_cancel_check(err);
}

uint64_t bd_range_copy_places(struct bd_range_copy *copy)
{
	uint64_t place[3] = { copy->noted_from, copy->noted_to, copy->noted_bytes };

	if (copy->noted_bytes)
		copy->places = bd_hash(copy->places, place, sizeof(place));
	copy->noted_bytes = 0;
	return copy->places;
}

static void note_place(struct bd_range_copy *copy, uint64_t from_bytes, uint64_t to_bytes, uint64_t size_bytes)
{
	if (copy->noted_from + copy->noted_bytes != from_bytes || copy->noted_to + copy->noted_bytes != to_bytes) {
		bd_range_copy_places(copy);
		copy->noted_from = from_bytes;
		copy->noted_to = to_bytes;
	}
	copy->noted_bytes += size_bytes;
}

int bd_range_copy_add(struct bd_range_copy *copy, uint64_t from_bytes, uint64_t to_bytes, uint64_t size_bytes,
		      struct bd_error *err)
{
	note_place(copy, from_bytes, to_bytes, size_bytes);
	if (copy->there_already)
		return 0;
	if (copy->size_bytes && copy->from_bytes + copy->size_bytes == from_bytes &&
	    copy->to_bytes + copy->size_bytes == to_bytes) {
		copy->size_bytes += size_bytes;
		return 0;
	}
	if (bd_range_copy_finish(copy, err) != 0)
		return -1;
	copy->from_bytes = from_bytes;
	copy->to_bytes = to_bytes;
	copy->size_bytes = size_bytes;
	return 0;
}

int bd_range_copy_skip(struct bd_range_copy *copy, uint64_t from_bytes, uint64_t to_bytes, uint64_t size_bytes,
		       struct bd_error *err)
{
	note_place(copy, from_bytes, to_bytes, size_bytes);
	if (copy->there_already &&
	    bd_zero_range(copy->to_fd, copy->begin_bytes + to_bytes, size_bytes, "the image", err) != 0)
		return bd_wrap(err, "cannot take a replaced file out of the image");
	return 0;
}
