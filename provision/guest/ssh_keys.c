/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Generates Ed25519 host keys in OpenSSH's own format. */
#include "guest/ssh_keys.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define KEY_TYPE "ssh-ed25519"
#define BASE64_LINE 70 /* as ssh-keygen breaks it */

/* A message of SSH: big-endian numbers, strings with their size before them. */
struct wire {
	uint8_t bytes[512];
	size_t size;
};

static void put_bytes(struct wire *wire, const void *data, size_t size)
{
	/* The comment is the only part whose size varies, and a guest's name is short. */
	if (size > sizeof(wire->bytes) - wire->size)
		abort();
	memcpy(wire->bytes + wire->size, data, size);
	wire->size += size;
}

static void put_u32(struct wire *wire, uint32_t value)
{
	const uint8_t bytes[4] = { (uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
				   (uint8_t)value };

	put_bytes(wire, bytes, sizeof(bytes));
}

static void put_string(struct wire *wire, const void *data, size_t size)
{
	put_u32(wire, (uint32_t)size);
	put_bytes(wire, data, size);
}

static void put_text(struct wire *wire, const char *text)
{
	put_string(wire, text, strlen(text));
}

static void encode_public(struct wire *wire, const uint8_t public_key[crypto_sign_PUBLICKEYBYTES])
{
	put_text(wire, KEY_TYPE);
	put_string(wire, public_key, crypto_sign_PUBLICKEYBYTES);
}

/* secret_key: the seed and the public key, which is also how OpenSSH stores it. */
static void encode_private(struct wire *wire, const struct wire *public_blob, const uint8_t *public_key,
			   const uint8_t secret_key[crypto_sign_SECRETKEYBYTES], uint32_t check, const char *comment)
{
	struct wire secret = { .size = 0 };

	put_u32(&secret, check); /* twice: how a wrong passphrase would be noticed */
	put_u32(&secret, check);
	put_text(&secret, KEY_TYPE);
	put_string(&secret, public_key, crypto_sign_PUBLICKEYBYTES);
	put_string(&secret, secret_key, crypto_sign_SECRETKEYBYTES);
	put_text(&secret, comment);
	for (uint8_t pad = 1; secret.size % 8; pad++)
		put_bytes(&secret, &pad, 1);

	put_bytes(wire, "openssh-key-v1", 15); /* with its NUL */
	put_text(wire, "none"); /* cipher */
	put_text(wire, "none"); /* key derivation */
	put_text(wire, "");
	put_u32(wire, 1); /* keys */
	put_string(wire, public_blob->bytes, public_blob->size);
	put_string(wire, secret.bytes, secret.size);
	sodium_memzero(&secret, sizeof(secret));
}

static char *armour(const struct wire *wire)
{
	char digits[sodium_base64_ENCODED_LEN(sizeof(wire->bytes), sodium_base64_VARIANT_ORIGINAL)];
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	sodium_bin2base64(digits, sizeof(digits), wire->bytes, wire->size, sodium_base64_VARIANT_ORIGINAL);
	fputs("-----BEGIN OPENSSH PRIVATE KEY-----\n", out);
	for (size_t at = 0; digits[at]; at += strnlen(digits + at, BASE64_LINE))
		fprintf(out, "%.*s\n", BASE64_LINE, digits + at);
	fputs("-----END OPENSSH PRIVATE KEY-----\n", out);
	sodium_memzero(digits, sizeof(digits));
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static char *public_line(const struct wire *blob, const char *comment)
{
	char digits[sodium_base64_ENCODED_LEN(sizeof(blob->bytes), sodium_base64_VARIANT_ORIGINAL)];
	char *text;

	sodium_bin2base64(digits, sizeof(digits), blob->bytes, blob->size, sodium_base64_VARIANT_ORIGINAL);
	return asprintf(&text, "%s %s %s\n", KEY_TYPE, digits, comment) < 0 ? NULL : text;
}

static void fingerprint(const struct wire *blob, char text_out[BD_FINGERPRINT_SIZE])
{
	uint8_t hash[crypto_hash_sha256_BYTES];
	const size_t prefix = strlen("SHA256:");

	crypto_hash_sha256(hash, blob->bytes, blob->size);
	strcpy(text_out, "SHA256:");
	sodium_bin2base64(text_out + prefix, BD_FINGERPRINT_SIZE - prefix, hash, sizeof(hash),
			  sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
}

int bd_ssh_host_key_make(const struct bd_random *random, const char *comment, struct bd_ssh_host_key *key_out,
			 struct bd_error *err)
{
	uint8_t seed[crypto_sign_SEEDBYTES], public_key[crypto_sign_PUBLICKEYBYTES];
	uint8_t secret_key[crypto_sign_SECRETKEYBYTES];
	struct wire blob = { .size = 0 }, whole = { .size = 0 };
	uint32_t check;

	if (sodium_init() < 0)
		return bd_fail(err, EIO, "cannot initialise libsodium");
	if (strlen(comment) > 128)
		return bd_fail(err, EINVAL, "the comment of an SSH key is too long");
	if (bd_random_fill(random, "ssh ed25519 host key", seed, sizeof(seed), err) != 0 ||
	    bd_random_fill(random, "ssh ed25519 host key check", &check, sizeof(check), err) != 0)
		return -1;
	crypto_sign_seed_keypair(public_key, secret_key, seed);
	encode_public(&blob, public_key);
	encode_private(&whole, &blob, public_key, secret_key, check, comment);
	*key_out = (struct bd_ssh_host_key){ .private_text = armour(&whole),
					     .public_text = public_line(&blob, comment) };
	fingerprint(&blob, key_out->fingerprint);
	sodium_memzero(seed, sizeof(seed));
	sodium_memzero(secret_key, sizeof(secret_key));
	sodium_memzero(&whole, sizeof(whole));
	if (key_out->private_text && key_out->public_text)
		return 0;
	bd_ssh_host_key_dispose(key_out);
	return bd_no_memory(err);
}

void bd_ssh_host_key_dispose(struct bd_ssh_host_key *key)
{
	if (key->private_text)
		sodium_memzero(key->private_text, strlen(key->private_text));
	free(key->private_text);
	free(key->public_text);
	*key = (struct bd_ssh_host_key){ 0 };
}
