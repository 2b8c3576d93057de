/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checksums from libsodium. */
#include "base/digest.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sodium.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/process/cancel.h"
#include "base/progress.h"

#define CHUNK_BYTES (1u << 20)

struct bd_digest {
	union {
		crypto_hash_sha256_state sha256;
		crypto_hash_sha512_state sha512;
	} state;
	enum bd_digest_kind kind;
};

static const struct {
	const char *name;
	size_t bytes;
} kinds[BD_DIGEST_COUNT] = {
	[BD_DIGEST_SHA256] = { "sha256", crypto_hash_sha256_BYTES },
	[BD_DIGEST_SHA512] = { "sha512", crypto_hash_sha512_BYTES },
};

const char *bd_digest_kind_name(enum bd_digest_kind kind)
{
	return kinds[kind].name;
}

size_t bd_digest_digits(enum bd_digest_kind kind)
{
	return kinds[kind].bytes * 2;
}

bool bd_digest_parse(const char *text, enum bd_digest_kind *kind_out, char text_out[BD_DIGEST_TEXT_SIZE])
{
	for (unsigned i = 0; i < BD_DIGEST_COUNT; i++) {
		size_t length = strlen(kinds[i].name), digits = kinds[i].bytes * 2;
		if (strncmp(text, kinds[i].name, length) != 0 || text[length] != ':')
			continue;
		const char *hex = text + length + 1;
		if (strspn(hex, "0123456789abcdefABCDEF") != digits || hex[digits])
			return false;
		snprintf(text_out, BD_DIGEST_TEXT_SIZE, "%s", text);
		for (char *at = text_out + length; *at; at++)
			*at = *at >= 'A' && *at <= 'F' ? (char)(*at - 'A' + 'a') : *at;
		*kind_out = (enum bd_digest_kind)i;
		return true;
	}
	return false;
}

int bd_digest_begin(enum bd_digest_kind kind, struct bd_digest **digest_out, struct bd_error *err)
{
	struct bd_digest *digest = malloc(sizeof(*digest));

	if (!digest || sodium_init() < 0) {
		free(digest);
		return bd_no_memory(err);
	}
	digest->kind = kind;
	if (kind == BD_DIGEST_SHA256)
		crypto_hash_sha256_init(&digest->state.sha256);
	else
		crypto_hash_sha512_init(&digest->state.sha512);
	*digest_out = digest;
	return 0;
}

void bd_digest_add(struct bd_digest *digest, const void *data, size_t size_bytes)
{
	if (digest->kind == BD_DIGEST_SHA256)
		crypto_hash_sha256_update(&digest->state.sha256, data, size_bytes);
	else
		crypto_hash_sha512_update(&digest->state.sha512, data, size_bytes);
}

void bd_digest_end(struct bd_digest *digest, char text_out[BD_DIGEST_TEXT_SIZE])
{
	uint8_t bytes[crypto_hash_sha512_BYTES];
	char hex[sizeof(bytes) * 2 + 1];
	size_t size = kinds[digest->kind].bytes;

	if (digest->kind == BD_DIGEST_SHA256)
		crypto_hash_sha256_final(&digest->state.sha256, bytes);
	else
		crypto_hash_sha512_final(&digest->state.sha512, bytes);
	sodium_bin2hex(hex, sizeof(hex), bytes, size);
	snprintf(text_out, BD_DIGEST_TEXT_SIZE, "%s:%s", kinds[digest->kind].name, hex);
}

void bd_digest_free(struct bd_digest **digest)
{
	free(*digest);
	*digest = NULL;
}

static void begin_stage(int fd, const char *stage)
{
	struct stat there;

	bd_progress_stage(stage, fstat(fd, &there) == 0 && there.st_size > 0 ? (uint64_t)there.st_size : 0);
}

int bd_digest_file(int fd, enum bd_digest_kind kind, const char *stage, char text_out[BD_DIGEST_TEXT_SIZE],
		   struct bd_error *err)
{
	BD_DISPOSE(bd_digest_free) struct bd_digest *digest = NULL;
	BD_FREE uint8_t *chunk = malloc(CHUNK_BYTES);
	uint64_t at = 0;
	ssize_t n;

	if (!chunk)
		return bd_no_memory(err);
	if (bd_digest_begin(kind, &digest, err) != 0)
		return -1;
	if (stage)
		begin_stage(fd, stage);
	while ((n = bd_pread_full(fd, chunk, CHUNK_BYTES, at)) > 0) {
		bd_digest_add(digest, chunk, (size_t)n);
		at += (uint64_t)n;
		if (stage)
			bd_progress_update(at);
		if (bd_cancel_check(err) != 0)
			return -1;
	}
	if (n < 0)
		return bd_fail_errno(err, "cannot read");
	bd_digest_end(digest, text_out);
	return 0;
}
