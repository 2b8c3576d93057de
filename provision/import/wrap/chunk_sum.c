/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SHA-1 from nettle, XXH64 from xxHash. */
#include "import/wrap/chunk_sum.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <nettle/base16.h>
#include <nettle/sha1.h>
#define XXH_INLINE_ALL /* a header is enough, without the library */
#include <xxhash.h>

bool bd_chunk_sum_by_ending(const char *ending, enum bd_chunk_sum *kind_out)
{
	*kind_out = strcmp(ending, ".checksum") == 0 ? BD_CHUNK_SUM_SHA1 : BD_CHUNK_SUM_XXH64;
	return *kind_out == BD_CHUNK_SUM_SHA1 || strcmp(ending, ".xxhash") == 0;
}

bool bd_chunk_sum_is_of(const char *path, const char *chunk, enum bd_chunk_sum *kind_out)
{
	size_t size = strlen(chunk);

	return strncmp(path, chunk, size) == 0 && bd_chunk_sum_by_ending(path + size, kind_out);
}

static void format_sha1(const void *data, size_t size_bytes, char text_out[BASE16_ENCODE_LENGTH(SHA1_DIGEST_SIZE) + 1])
{
	struct sha1_ctx sha1;
	uint8_t digest[SHA1_DIGEST_SIZE];

	sha1_init(&sha1);
	sha1_update(&sha1, size_bytes, data);
	sha1_digest(&sha1, sizeof(digest), digest);
	base16_encode_update(text_out, sizeof(digest), digest);
	text_out[BASE16_ENCODE_LENGTH(SHA1_DIGEST_SIZE)] = '\0';
}

bool bd_chunk_sum_fits(enum bd_chunk_sum kind, const void *data, size_t size_bytes, const char *text)
{
	char computed[BASE16_ENCODE_LENGTH(SHA1_DIGEST_SIZE) + 1];

	if (kind == BD_CHUNK_SUM_SHA1)
		format_sha1(data, size_bytes, computed);
	else
		snprintf(computed, sizeof(computed), "%016" PRIX64, (uint64_t)XXH64(data, size_bytes, 0));
	size_t digits = strlen(computed);
	return strncasecmp(text, computed, digits) == 0 && !text[digits + strspn(text + digits, " \r\n")];
}
