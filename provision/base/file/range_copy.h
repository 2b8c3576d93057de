/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies ranges of one file into another, such as blocks of a template's payload into an image, in pieces as large as are
 * contiguous in both: shared if the host's filesystem supports it (FICLONERANGE), else by copy_file_range, else through memory. */
#ifndef BD_BASE_FILE_RANGE_COPY_H
#define BD_BASE_FILE_RANGE_COPY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Between two looks at Ctrl-C. */
#define BD_COPY_PIECE_BYTES (4u * 1024 * 1024)

enum bd_copy_way { BD_COPY_SHARE, BD_COPY_KERNEL, BD_COPY_MEMORY };

struct bd_range_copy {
	int from_fd, to_fd; /* borrowed */
	uint64_t begin_bytes;
	enum bd_copy_way way; /* the best one that has worked so far */
	uint64_t from_bytes, to_bytes, size_bytes; /* what waits for its neighbours */
	uint64_t done_bytes;
	uint64_t places; /* a hash of where everything went, skipped ranges too; bd_range_copy_places completes it */
	uint64_t noted_from, noted_to, noted_bytes; /* the range that is not hashed yet, as it may go on */
	bool there_already; /* in a clone: nothing is copied, only noted */
	uint8_t *buffer;
	void (*progress)(uint64_t bytes_done); /* may be NULL */
	/* What the caller may change before the first range: how messages call the files, and that nobody waits for it to be on a disk. */
	const char *from_name, *to_name; /* "the template's payload", "the image" */
	bool stays_in_memory;
};

/* begin_bytes: of the filesystem in to_fd; where things go counts from there. */
void bd_range_copy_init(struct bd_range_copy *copy, int from_fd, int to_fd, uint64_t begin_bytes);
void bd_range_copy_dispose(struct bd_range_copy *copy); /* idempotent */

int bd_range_copy_add(struct bd_range_copy *copy, uint64_t from_bytes, uint64_t to_bytes, uint64_t size_bytes,
		      struct bd_error *err);
/* A range that is not wanted after all; a clone forgets it. */
int bd_range_copy_skip(struct bd_range_copy *copy, uint64_t from_bytes, uint64_t to_bytes, uint64_t size_bytes,
		       struct bd_error *err);
uint64_t bd_range_copy_places(struct bd_range_copy *copy);
/* Copies what still waits. */
int bd_range_copy_finish(struct bd_range_copy *copy, struct bd_error *err);

#endif
