/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random values by label: BLAKE2b derives a key for each label, ChaCha20 generates the bytes. */
#include "base/random.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file/file.h"
#include "base/parse.h"

static int start_sodium(struct bd_error *err)
{
	return sodium_init() < 0 ? bd_fail(err, EIO, "cannot initialise libsodium") : 0;
}

int bd_random_seed(struct bd_random *random, const char *seed, const char *name, struct bd_error *err)
{
	static const char domain[] = "xen-bigdisk seed 1";
	crypto_generichash_state state;

	if (start_sodium(err) != 0)
		return -1;
	/* The NUL of the seed keeps it apart from the name. */
	crypto_generichash_init(&state, (const uint8_t *)domain, strlen(domain), sizeof(random->key));
	crypto_generichash_update(&state, (const uint8_t *)seed, strlen(seed) + 1);
	crypto_generichash_update(&state, (const uint8_t *)name, strlen(name));
	crypto_generichash_final(&state, random->key, sizeof(random->key));
	random->seeded = true;
	return 0;
}

int bd_random_fill(const struct bd_random *random, const char *label, void *out, size_t size_bytes,
		   struct bd_error *err)
{
	uint8_t key[randombytes_SEEDBYTES];

	if (!random->seeded)
		return bd_random_bytes(out, size_bytes, err);
	if (start_sodium(err) != 0)
		return -1;
	crypto_generichash(key, sizeof(key), (const uint8_t *)label, strlen(label), random->key, sizeof(random->key));
	randombytes_buf_deterministic(out, size_bytes, key);
	sodium_memzero(key, sizeof(key));
	return 0;
}

int bd_random_fill_uuid(const struct bd_random *random, const char *label, uint8_t uuid_out[16], struct bd_error *err)
{
	if (bd_random_fill(random, label, uuid_out, 16, err) != 0)
		return -1;
	/* RFC 4122, section 4.4: version 4, variant 1. */
	uuid_out[6] = (uint8_t)((uuid_out[6] & 0x0f) | 0x40);
	uuid_out[8] = (uint8_t)((uuid_out[8] & 0x3f) | 0x80);
	return 0;
}

int bd_now(int64_t *seconds_out, struct bd_error *err)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	uint64_t seconds;

	if (!text || !*text) {
		*seconds_out = time(NULL);
		return 0;
	}
	if (bd_parse_uint(text, "SOURCE_DATE_EPOCH (seconds)", 0, UINT32_MAX, &seconds, err) != 0)
		return -1;
	*seconds_out = (int64_t)seconds;
	return 0;
}
