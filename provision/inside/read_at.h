/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading at a place of the image in the sandboxed child, which has lseek(2) and read(2), but not pread(2). */
#ifndef BD_INSIDE_READ_AT_H
#define BD_INSIDE_READ_AT_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

/* False: there is not so much, or it cannot be read. */
static inline bool bd_inside_read_at(int fd, uint64_t at_bytes, void *data_out, size_t size_bytes)
{
	if (at_bytes > INT64_MAX || lseek(fd, (off_t)at_bytes, SEEK_SET) < 0)
		return false;
	for (size_t done = 0; done < size_bytes;) {
		ssize_t r = TEMP_FAILURE_RETRY(read(fd, (uint8_t *)data_out + done, size_bytes - done));
		if (r <= 0)
			return false;
		done += (size_t)r;
	}
	return true;
}

#endif
