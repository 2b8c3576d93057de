/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk as a stream (write.h and read.h), and its checksum. The stream is a tar archive in pax format of two members:
 *
 *   disk.raw      the disk, with a map of its holes as GNU tar writes and unpacks it (format 1.0 for sparse files in its manual);
 *                 what is not in the map reads as zeros
 *   disk.raw.sum  four lines: "xen-bigdisk disk 1", "size BYTES" (of the disk), "data BYTES" (in the map), and
 *                 "blake2b-256 DIGITS"
 *
 * The checksum is that of the data, each run of which is followed by where it begins and by its size, both in 64 bits, little-endian;
 * the size of the disk is the end. So holes cost nothing, and it is known where all the data belongs. Runs do not touch each other.
 */
#ifndef BD_DISKSTREAM_SUM_H
#define BD_DISKSTREAM_SUM_H

#include <stddef.h>
#include <stdint.h>

#include "base/checksum.h"
#include "base/err.h"

#define BD_DISK_STREAM_DISK "disk.raw"
#define BD_DISK_STREAM_SUM "disk.raw.sum"
#define BD_DISK_STREAM_SUM_SIZE 256 /* of the text, with a NUL */

struct bd_stream_sum {
	struct bd_checksum *checksum; /* owned */
	uint64_t begin_bytes, end_bytes; /* of the run at hand */
	uint64_t data_bytes;
};

int bd_stream_sum_begin(struct bd_stream_sum *sum, struct bd_error *err);
void bd_stream_sum_dispose(struct bd_stream_sum *sum); /* idempotent */

/* In ascending order. */
void bd_stream_sum_add(struct bd_stream_sum *sum, uint64_t offset_bytes, const void *data, size_t size_bytes);

/* The content of disk.raw.sum. digits_out: the checksum alone. */
void bd_stream_sum_end(struct bd_stream_sum *sum, uint64_t disk_bytes, char text_out[BD_DISK_STREAM_SUM_SIZE],
		       char digits_out[BD_CHECKSUM_SIZE]);

#endif
