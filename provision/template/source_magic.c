/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of magic numbers. */
#include "template/source_magic.h"

#include <string.h>

struct magic {
	size_t at;
	const char *text;
	size_t size;
	const char *name;
};

static bool has(const uint8_t *head, size_t size, const struct magic *magic)
{
	return size >= magic->at + magic->size && !memcmp(head + magic->at, magic->text, magic->size);
}

#define FIND(table, head, size) find(table, sizeof(table) / sizeof(*(table)), head, size)
static const struct magic *find(const struct magic *table, size_t count, const uint8_t *head, size_t size)
{
	for (size_t i = 0; i < count; i++)
		if (has(head, size, &table[i]))
			return &table[i];
	return NULL;
}

bool bd_magic_is_archive(const uint8_t *head, size_t size)
{
	static const struct magic kinds[] = {
		{ 0, "\x1f\x8b", 2, "gzip" },
		{ 0, "\x1f\x9d", 2, "compress" },
		{ 0, "BZh", 3, "bzip2" },
		{ 0, "\xfd" "7zXZ", 5, "xz" },
		{ 0, "\x28\xb5\x2f\xfd", 4, "zstd" },
		{ 0, "\x04\x22\x4d\x18", 4, "lz4" },
		{ 0, "LZIP", 4, "lzip" },
		{ 0, "\x5d\x00\x00", 3, "lzma" },
		{ 0, "0707", 4, "cpio" },
		{ 0, "PK\3\4", 4, "zip" },
		{ 0, "7z\xbc\xaf\x27\x1c", 6, "7zip" },
		{ 0, "\xed\xab\xee\xdb", 4, "rpm" },
		{ 257, "ustar", 5, "tar" },
		{ 32769, "CD001", 5, "ISO 9660" }, /* ECMA-119, section 8; those that boot have an MBR too */
	};

	return FIND(kinds, head, size) || bd_magic_foreign_compression(head, size);
}

const char *bd_magic_foreign_compression(const uint8_t *head, size_t size)
{
	static const struct magic kinds[] = {
		{ 0, "LRZI", 4, "lrzip" },
		{ 0, "GRZipII\0\2\4:)", 12, "grzip" },
		{ 0, "\x89LZO\0\r\n\x1a\n", 9, "lzop" },
	};
	const struct magic *found = FIND(kinds, head, size);

	return found ? found->name : NULL;
}
