/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file that is written sequentially with a running checksum, and the blocks of files in it. */
#ifndef BD_TEMPLATE_WRITER_PAYLOAD_H
#define BD_TEMPLATE_WRITER_PAYLOAD_H

#include <stddef.h>
#include <stdint.h>

#include <sodium.h>

#include "base/err.h"
#include "rootfs/sealed.h"

/* Appends to an unnamed file, through a buffer, and sums up as it goes. */
struct bd_summed_file {
	int fd; /* -1: closed */
	char *temporary_name; /* in the folder, where there is no O_TMPFILE; else NULL */
	int folder_fd;
	uint8_t *buffer;
	size_t used;
	uint64_t size_bytes; /* with what is in the buffer */
	crypto_generichash_state sum;
};

void bd_summed_file_init(struct bd_summed_file *file);
int bd_summed_file_open(struct bd_summed_file *file, const char *folder, struct bd_error *err);
int bd_summed_file_append(struct bd_summed_file *file, const void *data, size_t size, struct bd_error *err);
/* Writes what is buffered. text_out: 64 hexadecimal digits; NULL: the sum is not wanted. */
int bd_summed_file_finish(struct bd_summed_file *file, char text_out[65], struct bd_error *err);
int bd_summed_file_publish(struct bd_summed_file *file, int folder_fd, const char *name, struct bd_error *err);
void bd_summed_file_dispose(struct bd_summed_file *file); /* idempotent */

/* The content of one file at a time, in whole blocks, without those of zeros. */
struct bd_payload {
	struct bd_summed_file file;
	uint64_t limit_bytes;
	uint8_t *piece; /* PIECE_BYTES of the file that is being written, from a block's border on */
	uint64_t piece_at; /* in that file */
	size_t piece_size;
	struct bd_extent *extents; /* of that file */
	size_t extent_count;
};

int bd_payload_open(struct bd_payload *payload, const char *folder, uint64_t limit_bytes, struct bd_error *err);
void bd_payload_begin_file(struct bd_payload *payload);
int bd_payload_write(struct bd_payload *payload, uint64_t offset_bytes, const void *data, size_t size,
		     struct bd_error *err);
/* extents are then complete. */
int bd_payload_end_file(struct bd_payload *payload, struct bd_error *err);
void bd_payload_dispose(struct bd_payload *payload); /* idempotent */

#endif
