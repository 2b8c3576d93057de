/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies a disk image. */
#include "disk/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/file/data_range.h"
#include "base/file/file.h"
#include "base/file/range_copy.h"

/* The smallest hole that is looked for where the filesystem tells of none. */
#define ZERO_BYTES 4096u
/* With a partition table in it. */
#define HEAD_BYTES 4096u

/* Only blocks that are not zero, as cp --sparse=always does it. */
static int copy_what_is_not_zero(struct bd_range_copy *copy, uint64_t begin_bytes, uint64_t end_bytes,
				 struct bd_error *err)
{
	BD_FREE uint8_t *piece = malloc(BD_COPY_PIECE_BYTES);

	if (!piece)
		return bd_no_memory(err);
	for (uint64_t at = begin_bytes; at < end_bytes; at += BD_COPY_PIECE_BYTES) {
		size_t count = end_bytes - at < BD_COPY_PIECE_BYTES ? end_bytes - at : BD_COPY_PIECE_BYTES;
		if (bd_pread_all(copy->from_fd, piece, count, at, "the image", err) != 0)
			return -1;
		for (size_t block = 0; block < count; block += ZERO_BYTES) {
			size_t bytes = count - block < ZERO_BYTES ? count - block : ZERO_BYTES;
			if (!bd_all_zero(piece + block, bytes) &&
			    bd_range_copy_add(copy, at + block, at + block, bytes, err) != 0)
				return -1;
		}
	}
	return bd_range_copy_finish(copy, err);
}

static int copy_data(struct bd_range_copy *copy, uint64_t begin_bytes, uint64_t end_bytes, struct bd_error *err)
{
	uint64_t begin, end;

	for (uint64_t at = begin_bytes; bd_next_data(copy->from_fd, at, end_bytes, 1, &begin, &end); at = end)
		if (bd_range_copy_add(copy, begin, begin, end - begin, err) != 0)
			return -1;
	return bd_range_copy_finish(copy, err);
}

int bd_disk_copy(int from_fd, int to_fd, void (*progress)(uint64_t bytes_done), struct bd_error *err)
{
	BD_DISPOSE(bd_range_copy_dispose) struct bd_range_copy copy;
	struct stat there, to;

	bd_range_copy_init(&copy, from_fd, to_fd, 0);
	copy.progress = progress;
	off_t size = fstat(from_fd, &there) == 0 ? there.st_size : -1;
	if (size >= 0 && S_ISBLK(there.st_mode))
		size = lseek(from_fd, 0, SEEK_END);
	if (size < 0)
		return bd_fail_errno(err, "cannot determine the size of the image");
	if (fstat(to_fd, &to) != 0)
		return bd_fail_errno(err, "cannot access the copy");
	/* In no order: of what is a disk already its table would not be the last. */
	if (!to.st_size && ioctl(to_fd, FICLONE, from_fd) == 0)
		return 0;
	if (S_ISREG(to.st_mode) && to.st_size < size && ftruncate(to_fd, size) != 0)
		return bd_fail_errno(err, "cannot set the copy's size");
	copy.way = BD_COPY_KERNEL;
	int (*copy_part)(struct bd_range_copy * copy, uint64_t begin_bytes, uint64_t end_bytes,
			 struct bd_error * err) = bd_hides_holes(from_fd, &there) ? copy_what_is_not_zero : copy_data;
	uint64_t end = (uint64_t)size, head = end < HEAD_BYTES ? end : HEAD_BYTES;
	/* The table last, as in disk/image.c: what has a name already shall not have it without what it points to. */
	if (copy_part(&copy, head, end, err) != 0)
		return -1;
	if (to.st_nlink && fsync(to_fd) != 0)
		return bd_fail_errno(err, "cannot write the copy");
	return copy_part(&copy, 0, head, err);
}

bool bd_disk_copy_shares(int from_fd, const char *folder)
{
	BD_CLOSE int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	return fd >= 0 && ioctl(fd, FICLONE, from_fd) == 0;
}
