/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BLAKE2b-256, as bytes and in hexadecimal as `b2sum -l 256` prints it. */
#ifndef BD_BASE_CHECKSUM_H
#define BD_BASE_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define BD_CHECKSUM_DIGITS 64
#define BD_CHECKSUM_SIZE (BD_CHECKSUM_DIGITS + 1) /* with the NUL */

#define BD_CHECKSUM_BYTES 32
int bd_checksum_digest(const void *data, size_t size_bytes, uint8_t digest_out[BD_CHECKSUM_BYTES],
		       struct bd_error *err);
int bd_checksum_data(const void *data, size_t size_bytes, char text_out[BD_CHECKSUM_SIZE], struct bd_error *err);
/* Of a file from its beginning to its end, wherever fd stands. what: names it in messages. progress may be NULL; it is
 * called with the bytes read so far. BD_ECANCELED: a signal came. */
int bd_checksum_file(int fd, const char *what, void (*progress)(void *context, uint64_t bytes_done), void *context,
		     char text_out[BD_CHECKSUM_SIZE], struct bd_error *err);

struct bd_checksum; /* of data that comes in parts */

int bd_checksum_begin(struct bd_checksum **checksum_out, struct bd_error *err);
void bd_checksum_add(struct bd_checksum *checksum, const void *data, size_t size_bytes);
void bd_checksum_end(struct bd_checksum *checksum, char text_out[BD_CHECKSUM_SIZE]); /* then it is to be freed */
void bd_checksum_free(struct bd_checksum **checksum);

bool bd_checksum_is_text(const char *text); /* whether it has the form of one */

#endif
