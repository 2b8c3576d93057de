/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file "tree" of a whole-disk template: a checksum for each piece of the disk that has anything but zeros in it, so that
 * holes cost nothing, and damage is found with its place.
 *
 *    0  "XBDSUMS" and a NUL
 *    8  u32  the format's version: 1
 *   12  u32  bytes in a piece: 1 MiB; the last one of a disk may be shorter
 *   16  u64  bytes in the disk
 *   24  u64  how many records there are
 *   32  records of 40 bytes, ascending: u64, the number of the piece, from 0; its BLAKE2b-256
 *
 * Integers are little-endian. */
#ifndef BD_TEMPLATE_DISK_SUMS_H
#define BD_TEMPLATE_DISK_SUMS_H

#include <stddef.h>
#include <stdint.h>

#include "base/checksum.h"
#include "base/err.h"

#define BD_DISK_PIECE_BYTES (1u << 20)

struct bd_disk_sum {
	uint64_t piece;
	uint8_t digest[BD_CHECKSUM_BYTES];
};

struct bd_disk_sums {
	uint64_t disk_bytes;
	struct bd_disk_sum *items; /* ascending; owned */
	size_t count;
};

void bd_disk_sums_dispose(struct bd_disk_sums *sums); /* idempotent; a zeroed struct will do */

/* Pieces come in ascending order. */
int bd_disk_sums_add(struct bd_disk_sums *sums, uint64_t piece, const void *data, size_t size_bytes,
		     struct bd_error *err);

/* The file's content; the caller frees. */
int bd_disk_sums_encode(const struct bd_disk_sums *sums, uint8_t **text_out, size_t *size_out, struct bd_error *err);
/* EINVAL: it is no such file, or its records contradict its head. */
int bd_disk_sums_read(int fd, struct bd_disk_sums *sums_out, struct bd_error *err);

/* Reads all data of the disk, and nothing of its holes. EINVAL: it is damaged, and where. progress: may be NULL. */
int bd_disk_sums_verify(const struct bd_disk_sums *sums, int disk_fd, void (*progress)(uint64_t bytes_done),
			struct bd_error *err);

static inline size_t bd_disk_piece_size(uint64_t disk_bytes, uint64_t piece)
{
	uint64_t rest = disk_bytes - piece * BD_DISK_PIECE_BYTES;

	return rest < BD_DISK_PIECE_BYTES ? (size_t)rest : BD_DISK_PIECE_BYTES;
}

#endif
