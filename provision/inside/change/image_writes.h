/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes to an image that are collected before any of them is done. */
#ifndef BD_INSIDE_CHANGE_IMAGE_WRITES_H
#define BD_INSIDE_CHANGE_IMAGE_WRITES_H

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
/* Does them in whatever order, with no flush. */
int bd_image_writes_do(const struct bd_image_writes *writes, int fd, struct bd_error *err);
/* Does them, and flushes. */
int bd_image_writes_apply(const struct bd_image_writes *writes, int fd, struct bd_error *err);
/* Does them by way of a log (disk/redo.h), all or none. The first one has the filesystem's superblock in it. */
int bd_image_writes_log(const struct bd_image_writes *writes, const char *image, int fd, struct bd_error *err);

int bd_image_write_at(int fd, uint64_t at_bytes, const void *data, size_t size_bytes, struct bd_error *err);

#endif
