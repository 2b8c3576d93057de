/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes, reads and verifies the checksums of a whole disk. */
#include "template/disk/sums.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/file/data_range.h"
#include "base/file/file.h"
#include "base/process/cancel.h"

static const char magic[8] = "XBDSUMS";

#define VERSION 1
#define VERSION_AT 8
#define PIECE_AT 12
#define DISK_AT 16
#define COUNT_AT 24
#define HEAD_BYTES 32
#define RECORD_BYTES (8 + BD_CHECKSUM_BYTES)

void bd_disk_sums_dispose(struct bd_disk_sums *sums)
{
	free(sums->items);
	*sums = (struct bd_disk_sums){ 0 };
}

int bd_disk_sums_add(struct bd_disk_sums *sums, uint64_t piece, const void *data, size_t size_bytes,
		     struct bd_error *err)
{
	if (bd_array_grow(sums->items, sums->count, err) != 0)
		return -1;
	struct bd_disk_sum *sum = &sums->items[sums->count++];
	sum->piece = piece;
	return bd_checksum_digest(data, size_bytes, sum->digest, err);
}

int bd_disk_sums_encode(const struct bd_disk_sums *sums, uint8_t **text_out, size_t *size_out, struct bd_error *err)
{
	size_t size = HEAD_BYTES + sums->count * RECORD_BYTES;
	uint8_t *text = calloc(1, size);

	if (!text)
		return bd_no_memory(err);
	memcpy(text, magic, sizeof(magic));
	put_le32(text + VERSION_AT, VERSION);
	put_le32(text + PIECE_AT, BD_DISK_PIECE_BYTES);
	put_le64(text + DISK_AT, sums->disk_bytes);
	put_le64(text + COUNT_AT, sums->count);
	for (size_t i = 0; i < sums->count; i++) {
		uint8_t *record = text + HEAD_BYTES + i * RECORD_BYTES;
		put_le64(record, sums->items[i].piece);
		memcpy(record + 8, sums->items[i].digest, BD_CHECKSUM_BYTES);
	}
	*text_out = text;
	*size_out = size;
	return 0;
}

static int fail_format(struct bd_error *err)
{
	return bd_fail(err, EINVAL, "the template's checksums are damaged");
}

/* In ascending order, and all of them on the disk. */
static int take_records(const uint8_t *text, struct bd_disk_sums *sums, struct bd_error *err)
{
	uint64_t least = 0;

	for (size_t i = 0; i < sums->count; i++) {
		const uint8_t *record = text + HEAD_BYTES + i * RECORD_BYTES;
		struct bd_disk_sum *sum = &sums->items[i];
		sum->piece = get_le64(record);
		memcpy(sum->digest, record + 8, BD_CHECKSUM_BYTES);
		if (sum->piece < least || sum->piece > (sums->disk_bytes - 1) / BD_DISK_PIECE_BYTES)
			return fail_format(err);
		least = sum->piece + 1;
	}
	return 0;
}

static int take(const uint8_t *text, size_t size, struct bd_disk_sums *sums, struct bd_error *err)
{
	if (size < HEAD_BYTES || memcmp(text, magic, sizeof(magic)) != 0 || get_le32(text + VERSION_AT) != VERSION ||
	    get_le32(text + PIECE_AT) != BD_DISK_PIECE_BYTES || (size - HEAD_BYTES) % RECORD_BYTES ||
	    get_le64(text + COUNT_AT) != (size - HEAD_BYTES) / RECORD_BYTES)
		return fail_format(err);
	sums->disk_bytes = get_le64(text + DISK_AT);
	sums->count = (size - HEAD_BYTES) / RECORD_BYTES;
	if (sums->disk_bytes == 0 || sums->disk_bytes > INT64_MAX)
		return fail_format(err);
	sums->items = calloc(sums->count + 1, sizeof(*sums->items));
	return sums->items ? take_records(text, sums, err) : bd_no_memory(err);
}

int bd_disk_sums_read(int fd, struct bd_disk_sums *sums_out, struct bd_error *err)
{
	BD_DISPOSE(bd_disk_sums_dispose) struct bd_disk_sums sums = { 0 };
	struct stat there;

	if (fstat(fd, &there) != 0)
		return bd_fail_errno(err, "cannot read the template's checksums");
	BD_FREE uint8_t *text = malloc((size_t)there.st_size + 1);
	if (!text)
		return bd_no_memory(err);
	ssize_t got = bd_pread_full(fd, text, (size_t)there.st_size, 0);
	if (got < 0)
		return bd_fail_errno(err, "cannot read the template's checksums");
	if (take(text, (size_t)got, &sums, err) != 0)
		return -1;
	*sums_out = bd_take_struct(sums);
	return 0;
}

static int fail_damaged(uint64_t at, struct bd_error *err)
{
	return bd_fail(err, EINVAL,
		       "the template's payload is damaged: its BLAKE2b-256 is wrong in the MiB from byte %llu on",
		       (unsigned long long)at);
}

/* A piece without a record has nothing but zeros in it. */
static int check_piece(const struct bd_disk_sums *sums, size_t *next, uint64_t piece, int disk_fd, uint8_t *data,
		       struct bd_error *err)
{
	uint64_t at = piece * BD_DISK_PIECE_BYTES;
	size_t size = bd_disk_piece_size(sums->disk_bytes, piece);
	uint8_t digest[BD_CHECKSUM_BYTES];
	ssize_t got = bd_pread_full(disk_fd, data, size, at);

	if (got < 0)
		return bd_fail_errno(err, "cannot read the template's payload");
	if ((size_t)got != size)
		return fail_damaged(at, err);
	if (*next == sums->count || sums->items[*next].piece != piece)
		return bd_all_zero(data, size) ? 0 : fail_damaged(at, err);
	if (bd_checksum_digest(data, size, digest, err) != 0)
		return -1;
	return memcmp(digest, sums->items[(*next)++].digest, sizeof(digest)) == 0 ? 0 : fail_damaged(at, err);
}

/* The first from there on that has data, or should have by its record. UINT64_MAX: there is none. */
static uint64_t next_piece(const struct bd_disk_sums *sums, size_t next, int disk_fd, uint64_t piece)
{
	uint64_t recorded = next < sums->count ? sums->items[next].piece : UINT64_MAX;
	uint64_t begin, end;

	if (!bd_next_data(disk_fd, piece * BD_DISK_PIECE_BYTES, sums->disk_bytes, BD_DISK_PIECE_BYTES, &begin, &end))
		return recorded;
	begin /= BD_DISK_PIECE_BYTES;
	return begin < recorded ? begin : recorded;
}

int bd_disk_sums_verify(const struct bd_disk_sums *sums, int disk_fd, void (*progress)(uint64_t bytes_done),
			struct bd_error *err)
{
	BD_FREE uint8_t *data = malloc(BD_DISK_PIECE_BYTES);
	uint64_t done = 0;
	size_t next = 0;

	if (!data)
		return bd_no_memory(err);
	for (uint64_t piece = 0; (piece = next_piece(sums, next, disk_fd, piece)) != UINT64_MAX; piece++) {
		if (bd_cancel_check(err) != 0 || check_piece(sums, &next, piece, disk_fd, data, err) != 0)
			return -1;
		done += bd_disk_piece_size(sums->disk_bytes, piece);
		if (progress)
			progress(done);
	}
	return 0;
}
