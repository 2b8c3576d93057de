/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks for a byte that is not zero. */
#include "inside/blank.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/process/cancel.h"
#include "disk/data_ranges.h"

#define PIECE_BYTES (1u << 20)
/* lvcreate(8) zeroes as much of a new volume, whose other blocks have what they had in an old one. */
#define HEAD_BYTES (4u << 10)

struct look {
	int fd;
	uint8_t *piece;
	bool found; /* something that is not zero */
};

static int look_at(struct look *look, uint64_t start_bytes, uint64_t end_bytes, struct bd_error *err)
{
	for (uint64_t at = start_bytes, size; at < end_bytes && !look->found; at += size) {
		size = end_bytes - at < PIECE_BYTES ? end_bytes - at : PIECE_BYTES;
		if (bd_cancel_check(err) != 0 ||
		    bd_pread_all(look->fd, look->piece, (size_t)size, at, "the disk", err) != 0)
			return -1;
		look->found = !bd_all_zero(look->piece, (size_t)size);
	}
	return 0;
}

static int look_at_data(struct look *look, uint64_t size_bytes, struct bd_error *err)
{
	BD_DISPOSE(bd_data_ranges_dispose) struct bd_data_ranges data = { 0 };

	if (bd_data_ranges_read(look->fd, size_bytes, &data, err) != 0)
		return -1;
	for (size_t i = 0; i < data.count; i++)
		if (look_at(look, data.items[i].start_bytes, data.items[i].end_bytes, err) != 0)
			return -1;
	return 0;
}

static int look_at_head(struct look *look, uint64_t size_bytes, struct bd_error *err)
{
	return look_at(look, 0, size_bytes < HEAD_BYTES ? size_bytes : HEAD_BYTES, err);
}

int bd_disk_is_blank(int fd, bool *blank_out, struct bd_error *err)
{
	BD_FREE uint8_t *piece = malloc(PIECE_BYTES);
	struct look look = { .fd = fd, .piece = piece };
	struct stat there;
	off_t end;

	if (!piece)
		return bd_no_memory(err);
	if (fstat(fd, &there) != 0 || (end = lseek(fd, 0, SEEK_END)) < 0)
		return bd_fail_errno(err, "cannot determine its size");
	if ((S_ISREG(there.st_mode) ? look_at_data : look_at_head)(&look, (uint64_t)end, err) != 0)
		return -1;
	*blank_out = !look.found;
	return 0;
}
