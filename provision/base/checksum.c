/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BLAKE2b-256 from libsodium. */
#include "base/checksum.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/process/cancel.h"

#define CHUNK_BYTES (1u << 20)

static void finish(crypto_generichash_state *sum, char text_out[BD_CHECKSUM_SIZE])
{
	uint8_t digest[BD_CHECKSUM_BYTES];

	crypto_generichash_final(sum, digest, sizeof(digest));
	sodium_bin2hex(text_out, BD_CHECKSUM_SIZE, digest, sizeof(digest));
}

int bd_checksum_digest(const void *data, size_t size_bytes, uint8_t digest_out[BD_CHECKSUM_BYTES],
		       struct bd_error *err)
{
	if (sodium_init() < 0)
		return bd_no_memory(err);
	crypto_generichash(digest_out, BD_CHECKSUM_BYTES, data, size_bytes, NULL, 0);
	return 0;
}

int bd_checksum_data(const void *data, size_t size_bytes, char text_out[BD_CHECKSUM_SIZE], struct bd_error *err)
{
	crypto_generichash_state sum;

	if (sodium_init() < 0)
		return bd_no_memory(err);
	crypto_generichash_init(&sum, NULL, 0, BD_CHECKSUM_BYTES);
	crypto_generichash_update(&sum, data, size_bytes);
	finish(&sum, text_out);
	return 0;
}

int bd_checksum_file(int fd, const char *what, void (*progress)(void *context, uint64_t bytes_done), void *context,
		     char text_out[BD_CHECKSUM_SIZE], struct bd_error *err)
{
	BD_FREE uint8_t *chunk = malloc(CHUNK_BYTES);
	crypto_generichash_state sum;
	uint64_t at = 0;
	ssize_t n;

	if (!chunk || sodium_init() < 0)
		return bd_no_memory(err);
	crypto_generichash_init(&sum, NULL, 0, BD_CHECKSUM_BYTES);
	while ((n = bd_pread_full(fd, chunk, CHUNK_BYTES, at)) > 0) {
		crypto_generichash_update(&sum, chunk, (size_t)n);
		at += (uint64_t)n;
		if (progress)
			progress(context, at);
		if (bd_cancel_check(err) != 0)
			return -1;
	}
	if (n < 0)
		return bd_fail_errno(err, "cannot read %s", what);
	finish(&sum, text_out);
	return 0;
}

struct bd_checksum {
	crypto_generichash_state state;
};

int bd_checksum_begin(struct bd_checksum **checksum_out, struct bd_error *err)
{
	/* The state has to be aligned to 64 bytes, which malloc does not promise. */
	struct bd_checksum *checksum = aligned_alloc(_Alignof(struct bd_checksum), sizeof(*checksum));

	if (!checksum || sodium_init() < 0) {
		free(checksum);
		return bd_no_memory(err);
	}
	crypto_generichash_init(&checksum->state, NULL, 0, BD_CHECKSUM_BYTES);
	*checksum_out = checksum;
	return 0;
}

void bd_checksum_add(struct bd_checksum *checksum, const void *data, size_t size_bytes)
{
	crypto_generichash_update(&checksum->state, data, size_bytes);
}

void bd_checksum_end(struct bd_checksum *checksum, char text_out[BD_CHECKSUM_SIZE])
{
	finish(&checksum->state, text_out);
}

void bd_checksum_free(struct bd_checksum **checksum)
{
	free(*checksum);
	*checksum = NULL;
}

bool bd_checksum_is_text(const char *text)
{
	return strspn(text, "0123456789abcdef") == BD_CHECKSUM_DIGITS && !text[BD_CHECKSUM_DIGITS];
}
