/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a sparse file has data and where it has holes, as its filesystem says (SEEK_DATA and SEEK_HOLE of lseek(2)). Only the
 * host is asked: nothing in the file is read. */
#ifndef BD_DISK_DATA_RANGES_H
#define BD_DISK_DATA_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct bd_data_range {
	uint64_t start_bytes, end_bytes;
};

struct bd_data_ranges {
	struct bd_data_range *items; /* ascending, with a hole between two of them; owned */
	size_t count;
	uint64_t data_bytes, hole_bytes, hole_count; /* of the whole file; a hole at its end is one */
	bool is_known; /* false: a block device, or a filesystem that tells of no holes; it is one range then */
};

/* The descriptor's offset moves. What changes meanwhile may be seen or not. */
int bd_data_ranges_read(int fd, uint64_t size_bytes, struct bd_data_ranges *ranges_out, struct bd_error *err);
void bd_data_ranges_dispose(struct bd_data_ranges *ranges); /* idempotent */

/* How many bytes from start_bytes to before end_bytes are data. */
uint64_t bd_data_ranges_count(const struct bd_data_ranges *ranges, uint64_t start_bytes, uint64_t end_bytes);

#endif
