/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table of magics, and the heads of LZMA, xz (The .xz File Format 1.1.0) and zstd (RFC 8878). */
#include "kernel/compression.h"

#include <string.h>

#include "base/bytes.h"

/* lzma(1) begins with a byte of properties, of which only that of its default is used, and the dictionary's size, a multiple of 64 KiB in
 * all that the kernel's build writes: Xen looks at the first two bytes, GRUB at three. */
static const struct {
	const char *name;
	size_t magic_bytes;
	uint8_t magic[6];
	bool has_size_behind;
} compressions[BD_COMPRESSIONS] = {
	[BD_COMPRESSION_UNKNOWN] = { "an unknown compression", 0, { 0 }, false },
	[BD_COMPRESSION_NONE] = { "no compression", 4, { 0x7f, 'E', 'L', 'F' }, false },
	[BD_COMPRESSION_GZIP] = { "gzip", 2, { 0x1f, 0x8b }, false },
	[BD_COMPRESSION_BZIP2] = { "bzip2", 3, { 'B', 'Z', 'h' }, true },
	[BD_COMPRESSION_LZMA] = { "LZMA", 3, { 0x5d, 0x00, 0x00 }, true },
	[BD_COMPRESSION_XZ] = { "xz", 6, { 0xfd, '7', 'z', 'X', 'Z', 0x00 }, true },
	[BD_COMPRESSION_LZO] = { "LZO", 4, { 0x89, 'L', 'Z', 'O' }, true },
	[BD_COMPRESSION_LZ4] = { "LZ4", 4, { 0x02, 0x21, 0x4c, 0x18 }, true },
	[BD_COMPRESSION_ZSTD] = { "zstd", 4, { 0x28, 0xb5, 0x2f, 0xfd }, true },
};

enum bd_compression bd_compression_of(const uint8_t *head, size_t size_bytes)
{
	for (enum bd_compression i = BD_COMPRESSION_NONE; i < BD_COMPRESSIONS; i++)
		if (size_bytes >= compressions[i].magic_bytes &&
		    memcmp(head, compressions[i].magic, compressions[i].magic_bytes) == 0)
			return i;
	return BD_COMPRESSION_UNKNOWN;
}

const char *bd_compression_name(enum bd_compression compression)
{
	return compressions[compression < BD_COMPRESSIONS ? compression : BD_COMPRESSION_UNKNOWN].name;
}

bool bd_compression_has_size_behind(enum bd_compression compression)
{
	return compression < BD_COMPRESSIONS && compressions[compression].has_size_behind;
}

/* --- windows ------------------------------------------------------------------------------------------------------ */

struct reader {
	const uint8_t *data;
	size_t size, at; /* at may be beyond size: then it has ended */
};

static uint8_t take_byte(struct reader *reader)
{
	size_t at = reader->at++;

	return at < reader->size ? reader->data[at] : 0;
}

/* A number of xz: seven bits a byte, at most nine bytes. */
static uint64_t take_number(struct reader *reader)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 63; shift += 7) {
		uint8_t byte = take_byte(reader);
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			break;
	}
	return value;
}

#define XZ_STREAM_HEADER_BYTES 12
#define XZ_LZMA2 0x21

/* The first block's header, behind the stream's: size, flags, sizes where the flags say so, filters. */
static uint64_t xz_window(struct reader *reader)
{
	reader->at = XZ_STREAM_HEADER_BYTES + 1;
	uint8_t flags = take_byte(reader);
	if (flags & 0x40)
		take_number(reader);
	if (flags & 0x80)
		take_number(reader);
	for (unsigned filters = (flags & 3u) + 1; filters > 0; filters--) {
		uint64_t id = take_number(reader), bytes = take_number(reader);
		if (id == XZ_LZMA2) {
			uint8_t bits = take_byte(reader);
			if (reader->at > reader->size || bits > 40)
				return 0;
			return bits == 40 ? UINT32_MAX : (UINT64_C(2) | (bits & 1)) << (bits / 2 + 11);
		}
		if (bytes > reader->size)
			return 0;
		reader->at += (size_t)bytes;
	}
	return 0;
}

/* The frame's header: a descriptor, then the window, or, where that is all of the content, the size of the content. */
static uint64_t zstd_window(struct reader *reader)
{
	static const uint8_t dictionary_bytes[4] = { 0, 1, 2, 4 }, content_bytes[4] = { 1, 2, 4, 8 };
	uint64_t size = 0;

	reader->at = 4;
	uint8_t descriptor = take_byte(reader);
	if (!(descriptor & 0x20)) {
		uint8_t window = take_byte(reader);
		uint64_t base = UINT64_C(1) << (10 + (window >> 3));
		return reader->at > reader->size ? 0 : base + base / 8 * (window & 7);
	}
	reader->at += dictionary_bytes[descriptor & 3];
	unsigned bytes = content_bytes[descriptor >> 6];
	for (unsigned i = 0; i < bytes; i++)
		size |= (uint64_t)take_byte(reader) << (8 * i);
	return reader->at > reader->size ? 0 : size + (bytes == 2 ? 256 : 0);
}

uint64_t bd_compression_window_bytes(enum bd_compression compression, const uint8_t *head, size_t size_bytes)
{
	struct reader reader = { head, size_bytes, 0 };

	if (compression == BD_COMPRESSION_XZ)
		return xz_window(&reader);
	if (compression == BD_COMPRESSION_ZSTD)
		return zstd_window(&reader);
	if (compression == BD_COMPRESSION_LZMA && size_bytes >= 5)
		return get_le32(head + 1);
	return 0;
}
