/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checksum of a disk's data and places. */
#include "diskstream/sum.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/bytes.h"

int bd_stream_sum_begin(struct bd_stream_sum *sum, struct bd_error *err)
{
	*sum = (struct bd_stream_sum){ 0 };
	return bd_checksum_begin(&sum->checksum, err);
}

void bd_stream_sum_dispose(struct bd_stream_sum *sum)
{
	bd_checksum_free(&sum->checksum);
}

static void end_run(struct bd_stream_sum *sum)
{
	uint8_t place[16];

	put_le64(place, sum->begin_bytes);
	put_le64(place + 8, sum->end_bytes - sum->begin_bytes);
	if (sum->begin_bytes < sum->end_bytes)
		bd_checksum_add(sum->checksum, place, sizeof(place));
}

void bd_stream_sum_add(struct bd_stream_sum *sum, uint64_t offset_bytes, const void *data, size_t size_bytes)
{
	if (!size_bytes)
		return;
	if (offset_bytes != sum->end_bytes) {
		end_run(sum);
		sum->begin_bytes = offset_bytes;
	}
	bd_checksum_add(sum->checksum, data, size_bytes);
	sum->end_bytes = offset_bytes + size_bytes;
	sum->data_bytes += size_bytes;
}

void bd_stream_sum_end(struct bd_stream_sum *sum, uint64_t disk_bytes, char text_out[BD_DISK_STREAM_SUM_SIZE],
		       char digits_out[BD_CHECKSUM_SIZE])
{
	uint8_t size[8];

	end_run(sum);
	put_le64(size, disk_bytes);
	bd_checksum_add(sum->checksum, size, sizeof(size));
	bd_checksum_end(sum->checksum, digits_out);
	snprintf(text_out, BD_DISK_STREAM_SUM_SIZE,
		 "xen-bigdisk disk 1\nsize %" PRIu64 "\ndata %" PRIu64 "\nblake2b-256 %s\n", disk_bytes,
		 sum->data_bytes, digits_out);
}
