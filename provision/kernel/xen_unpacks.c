/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of releases, and the DT_NEEDED of a library. */
#include "kernel/xen_unpacks.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/bytes.h"

#define KNOWN_MAJOR 4
#define FIRST_MINOR 17
#define ANY_MINOR 0xffffu
#define MIB (UINT64_C(1) << 20)

/* How a compression gets into libxenguest. */
struct row {
	enum bd_compression compression;
	unsigned first_minor, last_minor;
	size_t library; /* in struct bd_xen_libraries; 0 (is_known): no other is needed */
};

static const struct row rows[] = {
	/* xg_dom_core.c, xc_dom_try_gunzip; zlib has always been required. */
	{ BD_COMPRESSION_GZIP, FIRST_MINOR, ANY_MINOR, 0 },
	/* configure.ac: bzlib.h, HAVE_BZLIB. */
	{ BD_COMPRESSION_BZIP2, FIRST_MINOR, ANY_MINOR, offsetof(struct bd_xen_libraries, bzip2) },
	/* configure.ac: lzma.h, HAVE_LZMA. */
	{ BD_COMPRESSION_LZMA, FIRST_MINOR, ANY_MINOR, offsetof(struct bd_xen_libraries, lzma) },
	{ BD_COMPRESSION_XZ, FIRST_MINOR, ANY_MINOR, offsetof(struct bd_xen_libraries, lzma) },
	/* configure.ac: lzo/lzo1x.h, HAVE_LZO1X. */
	{ BD_COMPRESSION_LZO, FIRST_MINOR, ANY_MINOR, offsetof(struct bd_xen_libraries, lzo) },
	/* configure.ac: libzstd, HAVE_ZSTD; since commit 8169f82049 of 4.15. */
	{ BD_COMPRESSION_ZSTD, FIRST_MINOR, ANY_MINOR, offsetof(struct bd_xen_libraries, zstd) },
	/* Xen's own decompressor, until commit 38492dc098 of 4.22 put liblz4 (HAVE_LZ4) in its place. */
	{ BD_COMPRESSION_LZ4, FIRST_MINOR, 21, 0 },
	{ BD_COMPRESSION_LZ4, 22, ANY_MINOR, offsetof(struct bd_xen_libraries, lz4) },
};

/* LZMA_BLOCK_SIZE, the memory that liblzma may take, which is the window and some more; raised for Linux 6.12 by commit e6472d4668 of 4.20,
 * which is in 4.19.2 and 4.18.5, too, but in no 4.17. Of a 4.18 or 4.19 it is not known which it is. */
static uint64_t lzma_limit_bytes(unsigned minor)
{
	return (minor >= 20 ? 256 : 128) * MIB;
}

static const struct row *row_of(unsigned minor, enum bd_compression compression)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].compression == compression && minor >= rows[i].first_minor && minor <= rows[i].last_minor)
			return &rows[i];
	return NULL;
}

enum bd_xen_unpacks bd_xen_unpacks(unsigned major, unsigned minor, const struct bd_xen_libraries *libraries,
				   enum bd_compression compression, uint64_t window_bytes)
{
	if (major > KNOWN_MAJOR)
		minor = ANY_MINOR;
	const struct row *row = major < KNOWN_MAJOR ? NULL : row_of(minor, compression);
	if (!row)
		return BD_XEN_UNPACKS_NOT;
	if (row->library == offsetof(struct bd_xen_libraries, lzma) && window_bytes >= lzma_limit_bytes(minor))
		return BD_XEN_UNPACKS_NOT;
	if (row->library && !libraries->is_known)
		return BD_XEN_UNPACKS_IF_BUILT;
	if (row->library && !*((const bool *)libraries + row->library))
		return BD_XEN_UNPACKS_NOT;
	return BD_XEN_UNPACKS;
}

/* --- the library -------------------------------------------------------------------------------------------------- */

/* ELF of 64 bits (System V ABI, chapters 4 and 5). */
#define HEADER_BYTES 64
#define SEGMENT_BYTES 56
#define SEGMENTS_MAX 64
#define DYNAMIC_BYTES_MAX 16384
#define DYNAMIC_ENTRY_BYTES 16
#define NAME_SIZE 64
#define PT_LOAD 1
#define PT_DYNAMIC 2
#define DT_NULL 0
#define DT_NEEDED 1
#define DT_STRTAB 5

struct elf {
	const struct bd_kernel_source *source;
	size_t segment_count;
	uint8_t segments[SEGMENTS_MAX * SEGMENT_BYTES];
	size_t dynamic_bytes;
	uint8_t dynamic[DYNAMIC_BYTES_MAX];
};

static int read_segments(struct elf *elf, struct bd_error *err)
{
	uint8_t header[HEADER_BYTES];

	if (elf->source->size_bytes < sizeof(header))
		return bd_fail(err, ENOEXEC, "it is no library for x86-64");
	if (bd_kernel_read_at(elf->source, 0, header, sizeof(header), err) != 0)
		return -1;
	/* 64 bits, little-endian, for AMD64. */
	if (memcmp(header, "\177ELF\2\1", 6) != 0 || get_le16(header + 18) != 62)
		return bd_fail(err, ENOEXEC, "it is no library for x86-64");
	elf->segment_count = get_le16(header + 56);
	if (elf->segment_count > SEGMENTS_MAX || get_le16(header + 54) != SEGMENT_BYTES)
		return bd_fail(err, EINVAL, "its program headers are damaged");
	return bd_kernel_read_at(elf->source, get_le64(header + 32), elf->segments,
				 elf->segment_count * SEGMENT_BYTES, err);
}

static int read_dynamic(struct elf *elf, struct bd_error *err)
{
	for (size_t i = 0; i < elf->segment_count; i++) {
		const uint8_t *segment = elf->segments + i * SEGMENT_BYTES;
		if (get_le32(segment) != PT_DYNAMIC)
			continue;
		uint64_t bytes = get_le64(segment + 32);
		if (bytes > sizeof(elf->dynamic))
			return bd_fail(err, EINVAL, "its dynamic section is too large");
		elf->dynamic_bytes = (size_t)bytes;
		return bd_kernel_read_at(elf->source, get_le64(segment + 8), elf->dynamic, elf->dynamic_bytes, err);
	}
	return bd_fail(err, EINVAL, "it has no dynamic section");
}

/* Where in the file an address is that a segment is loaded to. */
static bool find_address(const struct elf *elf, uint64_t address, uint64_t *at_out)
{
	for (size_t i = 0; i < elf->segment_count; i++) {
		const uint8_t *segment = elf->segments + i * SEGMENT_BYTES;
		uint64_t offset = get_le64(segment + 8), begin = get_le64(segment + 16);
		if (get_le32(segment) == PT_LOAD && address >= begin && address - begin < get_le64(segment + 32))
			return !__builtin_add_overflow(offset, address - begin, at_out);
	}
	return false;
}

/* The value of the first entry from *i on that has the tag, and the index behind it; false: there is none. */
static bool next_entry(const struct elf *elf, uint64_t tag, size_t *i, uint64_t *value_out)
{
	while ((*i + 1) * DYNAMIC_ENTRY_BYTES <= elf->dynamic_bytes) {
		const uint8_t *entry = elf->dynamic + (*i)++ * DYNAMIC_ENTRY_BYTES;
		*value_out = get_le64(entry + 8);
		if (get_le64(entry) == tag)
			return true;
		if (get_le64(entry) == DT_NULL)
			return false;
	}
	return false;
}

static void take_library(const char *name, struct bd_xen_libraries *libraries)
{
	static const struct {
		const char *prefix;
		size_t member;
	} known[] = {
		{ "libbz2.so.", offsetof(struct bd_xen_libraries, bzip2) },
		{ "liblzma.so.", offsetof(struct bd_xen_libraries, lzma) },
		{ "liblzo2.so.", offsetof(struct bd_xen_libraries, lzo) },
		{ "libzstd.so.", offsetof(struct bd_xen_libraries, zstd) },
		{ "liblz4.so.", offsetof(struct bd_xen_libraries, lz4) },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strncmp(name, known[i].prefix, strlen(known[i].prefix)) == 0)
			*((bool *)libraries + known[i].member) = true;
}

static int read_name(const struct elf *elf, uint64_t at, char name_out[NAME_SIZE], struct bd_error *err)
{
	uint64_t size = elf->source->size_bytes;

	if (at >= size)
		return bd_fail(err, EINVAL, "its table of names is damaged");
	size_t part = size - at < NAME_SIZE - 1 ? (size_t)(size - at) : NAME_SIZE - 1;
	name_out[part] = '\0';
	return bd_kernel_read_at(elf->source, at, name_out, part, err);
}

int bd_xen_libraries_read(const struct bd_kernel_source *library, struct bd_xen_libraries *libraries_out,
			  struct bd_error *err)
{
	struct bd_xen_libraries libraries = { .is_known = true };
	struct elf elf = { .source = library };
	uint64_t names, names_at, name;
	size_t i = 0;

	if (read_segments(&elf, err) != 0 || read_dynamic(&elf, err) != 0)
		return -1;
	if (!next_entry(&elf, DT_STRTAB, &i, &names) || !find_address(&elf, names, &names_at))
		return bd_fail(err, EINVAL, "its table of names is not in it");
	for (i = 0; next_entry(&elf, DT_NEEDED, &i, &name);) {
		char text[NAME_SIZE];
		uint64_t at;
		if (__builtin_add_overflow(names_at, name, &at))
			return bd_fail(err, EINVAL, "its table of names is damaged");
		if (read_name(&elf, at, text, err) != 0)
			return -1;
		take_library(text, &libraries);
	}
	*libraries_out = libraries;
	return 0;
}
