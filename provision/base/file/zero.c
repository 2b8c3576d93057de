/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Punches a hole, has the filesystem or the kernel zero the range, or writes zeros. */
#include "base/file/zero.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"
#include "base/file/allocated.h"
#include "base/file/file.h"

#define WRITE_BYTES (1u << 20)

static int write_zeros(int fd, uint64_t begin_bytes, uint64_t size_bytes, const char *path, struct bd_error *err)
{
	BD_FREE uint8_t *zeros = calloc(1, WRITE_BYTES);

	if (!zeros)
		return bd_no_memory(err);
	for (uint64_t done = 0, part; done < size_bytes; done += part) {
		part = size_bytes - done < WRITE_BYTES ? size_bytes - done : WRITE_BYTES;
		if (bd_pwrite_all(fd, zeros, (size_t)part, begin_bytes + done, path, err) != 0)
			return -1;
	}
	return 0;
}

static int change(int fd, int mode, uint64_t begin_bytes, uint64_t size_bytes)
{
	return fallocate(fd, mode | FALLOC_FL_KEEP_SIZE, (off_t)begin_bytes, (off_t)size_bytes);
}

/* What is allocated as a whole stays so, as its owner may count on the room. Where FALLOC_FL_ZERO_RANGE is missing, as on tmpfs and
 * OCFS2, it is allocated anew. */
static int clear(int fd, uint64_t begin_bytes, uint64_t size_bytes)
{
	if (!bd_is_allocated(fd))
		return change(fd, FALLOC_FL_PUNCH_HOLE, begin_bytes, size_bytes);
	if (change(fd, FALLOC_FL_ZERO_RANGE, begin_bytes, size_bytes) == 0)
		return 0;
	return change(fd, FALLOC_FL_PUNCH_HOLE, begin_bytes, size_bytes) == 0 ? change(fd, 0, begin_bytes, size_bytes)
									      : -1;
}

/* Each promises zeros, which a plain discard does not. Punching a hole also gives the blocks back to a zvol or an SSD, and fails where
 * the device cannot do it by itself, as a thin volume; BLKZEROOUT writes there. */
int bd_zero_range(int fd, uint64_t begin_bytes, uint64_t size_bytes, const char *path, struct bd_error *err)
{
	uint64_t range[2] = { begin_bytes, size_bytes };

	if (clear(fd, begin_bytes, size_bytes) == 0)
		return 0;
	return ioctl(fd, BLKZEROOUT, range) == 0 ? 0 : write_zeros(fd, begin_bytes, size_bytes, path, err);
}
