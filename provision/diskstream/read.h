/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a disk from a stream (sum.h), which may come from a pipe, and may be compressed. It is taken apart in a sandboxed process; what
 * comes from there is checked here: the names and the number of the members, and the order and the sizes of the data. */
#ifndef BD_DISKSTREAM_READ_H
#define BD_DISKSTREAM_READ_H

#include <stddef.h>
#include <stdint.h>

#include "base/checksum.h"
#include "base/err.h"
#include "base/progress.h"

/* What is done with it. An error of theirs ends the reading. */
struct bd_disk_stream_sink {
	void *context;
	int (*begin)(void *context, uint64_t disk_bytes, struct bd_error *err); /* before any data */
	/* In ascending order, within the disk. What is not given is zeros. */
	int (*data)(void *context, uint64_t offset_bytes, const void *data, size_t size_bytes, struct bd_error *err);
};

struct bd_disk_stream_facts {
	uint64_t disk_bytes, data_bytes;
	char checksum[BD_CHECKSUM_SIZE];
};

/* progress: bytes of the stream. 0: it has come to its end, and its checksum is right; until then, what the sink got may be anything.
 * EINVAL: it is cut short or damaged, or none of ours. */
int bd_disk_stream_read(int fd, const struct bd_disk_stream_sink *sink, bd_progress_report progress,
			struct bd_disk_stream_facts *facts_out, struct bd_error *err);

#endif
