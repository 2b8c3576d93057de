/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes a disk as a stream (sum.h), into a pipe too. */
#ifndef BD_DISKSTREAM_WRITE_H
#define BD_DISKSTREAM_WRITE_H

#include <stdint.h>
#include <time.h>

#include "base/checksum.h"
#include "base/err.h"
#include "base/progress.h"
#include "disk/data_ranges.h"

struct bd_disk_stream_job {
	int from_fd; /* borrowed */
	uint64_t disk_bytes;
	const struct bd_data_ranges *ranges; /* what is read; all else is zeros in the stream; borrowed */
	time_t mtime; /* of the members */
	int to_fd; /* borrowed */
	bd_progress_report progress; /* bytes of bd_disk_stream_data_bytes */
};

/* How much data the map of the stream will have: gaps of less than 64 KiB are no holes in it. */
uint64_t bd_disk_stream_data_bytes(const struct bd_data_ranges *ranges, uint64_t disk_bytes);

/* After a failure what was written is known to be cut short: disk.raw.sum is not there. */
int bd_disk_stream_write(const struct bd_disk_stream_job *job, char digits_out[BD_CHECKSUM_SIZE],
			 struct bd_error *err);

#endif
