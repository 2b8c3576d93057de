/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks public keys: a mistyped one would only be noticed when nobody can log in. */
#include "guest/authorized_keys.h"

#include <errno.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define BLOB_BYTES_MAX 16384

/* "TYPE BASE64 ...": the blob must begin with its own type, so the check knows every type there is. */
static bool is_key(const char *text, size_t size)
{
	size_t type_size = 0, blob_size;
	uint8_t blob[BLOB_BYTES_MAX];

	while (type_size < size && text[type_size] != ' ' && text[type_size] != '\t')
		type_size++;
	const char *digits = text + type_size, *end = text + size;
	digits += strspn(digits, " \t");
	if (type_size == 0 || digits >= end)
		return false;
	size_t digit_count = 0;
	while (digits + digit_count < end && digits[digit_count] != ' ' && digits[digit_count] != '\t')
		digit_count++;
	if (sodium_base642bin(blob, sizeof(blob), digits, digit_count, NULL, &blob_size, NULL,
			      sodium_base64_VARIANT_ORIGINAL) != 0)
		return false;
	if (blob_size < 4 + type_size + 4)
		return false;
	uint32_t inner = (uint32_t)blob[0] << 24 | (uint32_t)blob[1] << 16 | (uint32_t)blob[2] << 8 | blob[3];
	return inner == type_size && memcmp(blob + 4, text, type_size) == 0;
}

/* Past the options that may stand before a key: up to the first blank outside of quotes. */
static size_t skip_options(const char *text, size_t size)
{
	bool quoted = false;
	size_t at = 0;

	for (; at < size && (quoted || (text[at] != ' ' && text[at] != '\t')); at++) {
		if (text[at] == '\\' && at + 1 < size && text[at + 1] == '"')
			at++;
		else if (text[at] == '"')
			quoted = !quoted;
	}
	while (at < size && (text[at] == ' ' || text[at] == '\t'))
		at++;
	return at;
}

static bool is_key_line(const char *line, size_t size)
{
	if (is_key(line, size))
		return true;
	size_t options = skip_options(line, size);
	return is_key(line + options, size - options);
}

static bool is_private(const char *text)
{
	return strstr(text, "PRIVATE KEY-----") || strncmp(text, "PuTTY-User-Key-File", 19) == 0;
}

static int append_line(FILE *out, const char *line, size_t size, unsigned number, const char *what,
		       struct bd_error *err)
{
	while (size && (line[size - 1] == '\r' || line[size - 1] == ' ' || line[size - 1] == '\t'))
		size--;
	while (size && (*line == ' ' || *line == '\t')) {
		line++;
		size--;
	}
	if (size == 0 || *line == '#')
		return 0;
	if (!is_key_line(line, size))
		return bd_usage(err, "%s: line %u is not an OpenSSH public key (ssh-ed25519 AAAA...)", what, number);
	fprintf(out, "%.*s\n", (int)size, line);
	return 0;
}

static int append_lines(FILE *out, const char *text, const char *what, struct bd_error *err)
{
	unsigned number = 1;

	for (const char *line = text; *line; number++) {
		size_t size = strcspn(line, "\n");
		if (append_line(out, line, size, number, what, err) != 0)
			return -1;
		line += size + (line[size] == '\n');
	}
	return 0;
}

int bd_ssh_keys_append(char **keys, const char *text, const char *what, struct bd_error *err)
{
	BD_FREE char *all = NULL;
	size_t size, before = *keys ? strlen(*keys) : 0;

	if (is_private(text))
		return bd_usage(err, "%s is a private key; give the public key, %s.pub", what, what);
	if (sodium_init() < 0)
		return bd_fail(err, EIO, "cannot initialise libsodium");
	FILE *out = open_memstream(&all, &size);
	if (!out)
		return bd_no_memory(err);
	fputs(*keys ? *keys : "", out);
	int r = append_lines(out, text, what, err);
	if (fclose(out) != 0 && r == 0)
		r = bd_no_memory(err);
	if (r == 0 && size == before)
		r = bd_usage(err, "%s: contains no public key", what);
	if (r != 0)
		return -1;
	free(*keys);
	*keys = bd_take_ptr(all);
	return 0;
}
