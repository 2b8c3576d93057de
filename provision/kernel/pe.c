/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the headers: DOS, COFF, optional, and the table of sections, all of a size that has a limit. */
#include "kernel/pe.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"

/* The DOS header: "MZ", and where "PE\0\0" is. */
#define DOS_BYTES 64
#define DOS_PE_OFFSET 0x3c
/* From "PE\0\0" on: the COFF header, and as much of the optional header as is of interest. */
#define COFF_MACHINE 4
#define COFF_SECTION_COUNT 6
#define COFF_OPTIONAL_BYTES 20
#define COFF_BYTES 24
#define OPTIONAL_MAGIC (COFF_BYTES + 0)
#define OPTIONAL_SUBSYSTEM (COFF_BYTES + 68)
#define OPTIONAL_LEAST_BYTES 70
#define MAGIC_PE32_PLUS 0x20b
/* An entry of the table of sections, which is behind the optional header. */
#define SECTION_BYTES 40
#define SECTION_VIRTUAL_SIZE 8
#define SECTION_RAW_SIZE 16
#define SECTION_RAW_OFFSET 20

static int fail_other(struct bd_error *err)
{
	return bd_fail(err, ENOEXEC, "it is no EFI program (PE32+)");
}

/* What is too short for a header is something else. */
static int read_header(const struct bd_kernel_source *source, uint64_t at, void *header_out, size_t size,
		       struct bd_error *err)
{
	if (at > source->size_bytes || size > source->size_bytes - at)
		return fail_other(err);
	return bd_kernel_read_at(source, at, header_out, size, err);
}

/* An image that is not for a linker has no names longer than 8 bytes, so "/123", an offset in the table of strings, is a name like any
 * other. */
static int take_section(const uint8_t *entry, uint64_t file_bytes, struct bd_pe_section *section,
			struct bd_error *err)
{
	uint64_t in_memory = get_le32(entry + SECTION_VIRTUAL_SIZE), in_file = get_le32(entry + SECTION_RAW_SIZE),
		 offset = get_le32(entry + SECTION_RAW_OFFSET);

	memcpy(section->name, entry, BD_PE_NAME_SIZE - 1);
	section->name[BD_PE_NAME_SIZE - 1] = '\0';
	if (in_file && (offset > file_bytes || in_file > file_bytes - offset))
		return bd_fail(err, EINVAL, "its section %s is beyond the end of the file", section->name);
	/* Linkers of old leave the size in memory 0. */
	section->size_bytes = in_memory && in_memory < in_file ? in_memory : in_file;
	section->offset_bytes = section->size_bytes ? offset : 0;
	return 0;
}

static int read_sections(const struct bd_kernel_source *source, uint64_t table, struct bd_pe *pe,
			 struct bd_error *err)
{
	uint8_t entries[BD_PE_SECTIONS_MAX * SECTION_BYTES];

	if (bd_kernel_read_at(source, table, entries, pe->section_count * SECTION_BYTES, err) != 0)
		return bd_wrap(err, "its table of sections is damaged");
	for (size_t i = 0; i < pe->section_count; i++)
		if (take_section(entries + i * SECTION_BYTES, source->size_bytes, &pe->sections[i], err) != 0)
			return -1;
	return 0;
}

int bd_pe_read(const struct bd_kernel_source *source, struct bd_pe *pe_out, struct bd_error *err)
{
	uint8_t dos[DOS_BYTES], header[COFF_BYTES + OPTIONAL_LEAST_BYTES];
	struct bd_pe pe = { 0 };

	if (read_header(source, 0, dos, sizeof(dos), err) != 0)
		return -1;
	if (memcmp(dos, "MZ", 2) != 0)
		return fail_other(err);
	uint64_t at = get_le32(dos + DOS_PE_OFFSET);
	if (read_header(source, at, header, sizeof(header), err) != 0)
		return -1;
	if (memcmp(header, "PE\0", 4) != 0 || get_le16(header + OPTIONAL_MAGIC) != MAGIC_PE32_PLUS)
		return fail_other(err);
	uint16_t optional_bytes = get_le16(header + COFF_OPTIONAL_BYTES);
	if (optional_bytes < OPTIONAL_LEAST_BYTES)
		return bd_fail(err, EINVAL, "its optional header has %u bytes only", optional_bytes);
	pe.machine = get_le16(header + COFF_MACHINE);
	pe.subsystem = get_le16(header + OPTIONAL_SUBSYSTEM);
	pe.section_count = get_le16(header + COFF_SECTION_COUNT);
	if (pe.section_count > BD_PE_SECTIONS_MAX)
		return bd_fail(err, EINVAL, "it has %zu sections, which is more than %d", pe.section_count,
			       BD_PE_SECTIONS_MAX);
	if (read_sections(source, at + COFF_BYTES + optional_bytes, &pe, err) != 0)
		return -1;
	*pe_out = pe;
	return 0;
}

const struct bd_pe_section *bd_pe_find(const struct bd_pe *pe, const char *name)
{
	for (size_t i = 0; i < pe->section_count; i++)
		if (strcmp(pe->sections[i].name, name) == 0)
			return &pe->sections[i];
	return NULL;
}
