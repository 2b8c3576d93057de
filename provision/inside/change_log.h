/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes to an image that were collected, and a log of them for filesystems that have no journal of their own: either all
 * of them come into force, or none.
 *
 * The log is a file beside the image. It gets its name when it is complete and on the disk, then its content goes into the image,
 * and then it is removed. One that is found was left by an interruption, and is completed by the next change. Format: the text
 * "xen-bigdisk log 1\n"; for each write where (u64) and how many bytes (u64), little-endian, and the bytes; at the end two times
 * UINT64_MAX, and the CRC-32 of zlib of all before it (u32). */
#ifndef BD_INSIDE_CHANGE_LOG_H
#define BD_INSIDE_CHANGE_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* In the order in which they are to be done. */
struct bd_image_writes {
	struct bd_image_one_write *items; /* owned */
	size_t count, capacity;
	uint64_t bytes; /* of all of them */
};

void bd_image_writes_dispose(struct bd_image_writes *writes); /* idempotent */
/* Copies the data. size_bytes 0: a flush: what comes before it is on the disk before what comes after it. */
int bd_image_writes_add(struct bd_image_writes *writes, uint64_t at_bytes, const void *data, size_t size_bytes,
			struct bd_error *err);
/* Does them, and flushes. */
int bd_image_writes_apply(const struct bd_image_writes *writes, int fd, struct bd_error *err);
int bd_image_write_at(int fd, uint64_t at_bytes, const void *data, size_t size_bytes, struct bd_error *err);

/* By way of a log. The content of new files has to be on the disk before, which this sees to. */
int bd_change_log_apply(const char *path, int fd, const struct bd_image_writes *writes, struct bd_error *err);
/* Completes the log of an interrupted change, if there is one. */
int bd_change_log_complete(const char *path, int fd, struct bd_error *err);

#endif
