/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpgv reads keys without armor only. */
#include "fetch/keyring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/file/temporary_file.h"
#include "fetch/small_file.h"

#define BEGIN "-----BEGIN PGP PUBLIC KEY BLOCK-----"
#define END "-----END PGP PUBLIC KEY BLOCK-----"

static char *next_line(char *line)
{
	line += strcspn(line, "\n");
	return line + (*line == '\n');
}

/* The base64 between the headers' empty line and the checksum, which begins with "=" in a line of its own. */
static int decode_block(char *block, const char *end, char **out, struct bd_error *err)
{
	char *from = next_line(block), *to;
	size_t length;

	while (from < end && *from != '\n' && *from != '\r')
		from = next_line(from);
	for (to = from; to < end && *to != '='; to = next_line(to))
		;
	if (from >= end || sodium_base642bin((unsigned char *)*out, (size_t)(to - from), from, (size_t)(to - from),
					     " \t\r\n", &length, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
		return bd_fail(err, EINVAL, "its ASCII armor is damaged");
	*out += length;
	return 0;
}

int bd_keyring_dearmor(char *text, size_t *size_bytes, struct bd_error *err)
{
	char *block = strstr(text, BEGIN), *out = text;

	if (!block)
		return 0;
	for (; block; block = strstr(block, BEGIN)) {
		char *end = strstr(block, END);
		if (!end)
			return bd_fail(err, EINVAL, "its ASCII armor is damaged");
		if (decode_block(block, end, &out, err) != 0)
			return -1;
		block = end;
	}
	*size_bytes = (size_t)(out - text);
	return 0;
}

int bd_keyring_open(const char *path, int *fd_out, struct bd_error *err)
{
	BD_FREE char *keys = NULL;
	BD_CLOSE int fd = -1;
	size_t size_bytes;

	if (bd_read_file(path, BD_SMALL_FILE_BYTES, &keys, &size_bytes, err) != 0)
		return -1;
	if (bd_keyring_dearmor(keys, &size_bytes, err) != 0)
		return bd_wrap(err, "the keyring %s", path);
	if (!size_bytes)
		return bd_fail(err, EINVAL, "the keyring %s is empty", path);
	if (bd_open_temporary(&fd, err) != 0 || bd_write_temporary(fd, keys, size_bytes, 0, err) != 0)
		return -1;
	*fd_out = bd_take_fd(&fd);
	return 0;
}
