/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies a disk piece by piece: reads it, makes its checksum, and writes what of it is not zeros. */
#include "template/disk/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/file/data_range.h"
#include "base/file/file.h"
#include "base/parse.h"
#include "base/process/cancel.h"

struct sealing {
	int from_fd, to_fd;
	bool shared; /* to_fd has all of it already */
	uint64_t limit_bytes;
	uint8_t *piece;
	struct bd_sealed_disk *sealed;
};

static size_t run_end(const uint8_t *data, size_t at, size_t size, bool *is_zero_out)
{
	size_t end = at;

	for (bool first = true; end < size; first = false) {
		size_t block = size - end < BD_SEALED_DISK_BLOCK_BYTES ? size - end : BD_SEALED_DISK_BLOCK_BYTES;
		bool zero = bd_all_zero(data + end, block);
		if (first)
			*is_zero_out = zero;
		if (zero != *is_zero_out)
			break;
		end += block;
	}
	return end;
}

static int write_runs(struct sealing *sealing, uint64_t offset_bytes, size_t size, struct bd_error *err)
{
	size_t end;
	bool is_zero = false;

	for (size_t at = 0; at < size; at = end) {
		end = run_end(sealing->piece, at, size, &is_zero);
		if (is_zero)
			continue;
		sealing->sealed->data_bytes += end - at;
		if (!sealing->shared && bd_pwrite_all(sealing->to_fd, sealing->piece + at, end - at,
						      offset_bytes + at, "the template's payload", err) != 0)
			return -1;
	}
	return 0;
}

/* Of a clone, which has all of it. Where no hole can be made the zeros stay. */
static void punch(const struct sealing *sealing, uint64_t offset_bytes, size_t size)
{
	int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;

	if (sealing->shared)
		(void)!fallocate(sealing->to_fd, mode, (off_t)offset_bytes, (off_t)size);
}

static int fail_too_large(const struct sealing *sealing, struct bd_error *err)
{
	char limit[32];

	bd_format_size(sealing->limit_bytes, limit, sizeof(limit));
	return bd_fail(err, EFBIG, "it has more than %s of data", limit);
}

static int seal_piece(struct sealing *sealing, uint64_t number, struct bd_error *err)
{
	struct bd_sealed_disk *sealed = sealing->sealed;
	size_t size = bd_disk_piece_size(sealed->sums.disk_bytes, number);
	uint64_t offset_bytes = number * BD_DISK_PIECE_BYTES;
	ssize_t got = bd_pread_full(sealing->shared ? sealing->to_fd : sealing->from_fd, sealing->piece, size,
				    offset_bytes);

	if (got < 0)
		return bd_fail_errno(err, "cannot read the disk");
	if ((size_t)got != size)
		return bd_fail(err, EIO, "the disk has become shorter while it was read");
	if (bd_all_zero(sealing->piece, size)) {
		punch(sealing, offset_bytes, size);
		return 0;
	}
	if (bd_disk_sums_add(&sealed->sums, number, sealing->piece, size, err) != 0 ||
	    write_runs(sealing, offset_bytes, size, err) != 0)
		return -1;
	return sealed->data_bytes > sealing->limit_bytes ? fail_too_large(sealing, err) : 0;
}

static int seal_pieces(struct sealing *sealing, void (*progress)(uint64_t bytes_done), struct bd_error *err)
{
	uint64_t disk_bytes = sealing->sealed->sums.disk_bytes, begin, end, done = 0;

	for (uint64_t at = 0; bd_next_data(sealing->shared ? sealing->to_fd : sealing->from_fd, at, disk_bytes,
					   BD_DISK_PIECE_BYTES, &begin, &end);
	     at = end)
		for (; begin < end; begin += BD_DISK_PIECE_BYTES) {
			if (bd_cancel_check(err) != 0 || seal_piece(sealing, begin / BD_DISK_PIECE_BYTES, err) != 0)
				return -1;
			done += BD_DISK_PIECE_BYTES;
			if (progress)
				progress(done);
		}
	return 0;
}

int bd_disk_seal(int from_fd, int to_fd, uint64_t size_bytes, uint64_t limit_bytes,
		 void (*progress)(uint64_t bytes_done), struct bd_sealed_disk *sealed_out, struct bd_error *err)
{
	BD_FREE uint8_t *piece = malloc(BD_DISK_PIECE_BYTES);
	struct sealing sealing = {
		.from_fd = from_fd, .to_fd = to_fd, .limit_bytes = limit_bytes, .piece = piece, .sealed = sealed_out
	};

	*sealed_out = (struct bd_sealed_disk){ .sums = { .disk_bytes = size_bytes } };
	if (!piece)
		return bd_no_memory(err);
	sealing.shared = to_fd == from_fd || ioctl(to_fd, FICLONE, from_fd) == 0;
	/* A disk that ends within a sector, or was larger when it was cloned. */
	if (ftruncate(to_fd, (off_t)size_bytes) != 0)
		return bd_fail_errno(err, "cannot make a file of %llu bytes", (unsigned long long)size_bytes);
	return seal_pieces(&sealing, progress, err);
}
