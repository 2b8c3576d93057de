/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps the first page and the note segments that it names, and reads these once they are complete. Linux has its notes in program headers;
 * sections, which libxc looks at where it finds none, are not read: they are at the end of the file. */
#include "kernel/xen_notes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

/* ELF (System V ABI, chapter 4 and 5), 32 and 64 bit. */
#define CLASS_32 1
#define CLASS_64 2
#define LITTLE_ENDIAN_DATA 1
#define MACHINE_386 3
#define MACHINE_AMD64 62
#define PT_NOTE 4

/* Of the structures of a class. */
struct layout {
	size_t header_bytes, phoff, phentsize, phnum; /* of the file's header */
	size_t segment_bytes, offset, filesz; /* of a program header */
	bool is_64bit;
};

static const struct layout layout_32 = { 52, 28, 42, 44, 32, 4, 16, false };
static const struct layout layout_64 = { 64, 32, 54, 56, 56, 8, 32, true };

static uint64_t get_word(const struct layout *layout, const uint8_t *at)
{
	return layout->is_64bit ? get_le64(at) : get_le32(at);
}

static int add_segment(struct bd_xen_notes_reader *reader, uint64_t offset, uint64_t size, struct bd_error *err)
{
	/* "Some versions of binutils do not correctly set p_offset for note segments": libxc passes over them. */
	if (!offset || !size)
		return 0;
	size_t used = 0;
	for (size_t i = 0; i < reader->segment_count; i++)
		used += (size_t)reader->segments[i].size;
	if (reader->segment_count == BD_XEN_NOTES_SEGMENTS_MAX || size > BD_XEN_NOTES_BYTES_MAX - used ||
	    offset > UINT64_MAX - size)
		return bd_fail(err, EINVAL, "its ELF notes are larger than any kernel's");
	if (!reader->notes && !(reader->notes = calloc(1, BD_XEN_NOTES_BYTES_MAX)))
		return bd_no_memory(err);
	reader->segments[reader->segment_count].offset = offset;
	reader->segments[reader->segment_count].size = size;
	reader->segments[reader->segment_count++].data = reader->notes + used;
	return 0;
}

static int read_segments(struct bd_xen_notes_reader *reader, const struct layout *layout, struct bd_error *err)
{
	uint64_t at = get_word(layout, reader->head + layout->phoff);
	size_t entry_bytes = get_le16(reader->head + layout->phentsize),
	       count = get_le16(reader->head + layout->phnum);

	if (count && (entry_bytes < layout->segment_bytes || at > reader->head_bytes ||
		      count > (reader->head_bytes - at) / entry_bytes))
		return bd_fail(err, EINVAL, "its program headers are not in the first %d bytes of the ELF file",
			       BD_XEN_NOTES_HEAD_BYTES);
	for (size_t i = 0; i < count; i++) {
		const uint8_t *segment = reader->head + at + i * entry_bytes;
		if (get_le32(segment) == PT_NOTE && add_segment(reader, get_word(layout, segment + layout->offset),
								get_word(layout, segment + layout->filesz), err) != 0)
			return -1;
	}
	return 0;
}

static int read_head(struct bd_xen_notes_reader *reader, struct bd_error *err)
{
	const uint8_t *head = reader->head;
	const struct layout *layout = reader->head_bytes > 4 && head[4] == CLASS_32 ? &layout_32 : &layout_64;

	reader->is_head_read = true;
	if (reader->head_bytes < layout->header_bytes || memcmp(head, "\177ELF", 4) != 0 ||
	    (head[4] != CLASS_32 && head[4] != CLASS_64) || head[5] != LITTLE_ENDIAN_DATA ||
	    (get_le16(head + 18) != MACHINE_386 && get_le16(head + 18) != MACHINE_AMD64))
		return bd_fail(err, ENOEXEC, "it is no ELF file for x86");
	reader->is_64bit = layout->is_64bit;
	return read_segments(reader, layout, err);
}

/* What of a piece is in a segment. */
static void keep_notes(struct bd_xen_notes_reader *reader, uint64_t at, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < reader->segment_count; i++) {
		uint64_t begin = reader->segments[i].offset, end = begin + reader->segments[i].size;
		uint64_t from = begin > at ? begin : at, to = end < at + size ? end : at + size;
		if (from < to)
			memcpy(reader->segments[i].data + (from - begin), data + (from - at), (size_t)(to - from));
	}
}

int bd_xen_notes_take(struct bd_xen_notes_reader *reader, const void *data, size_t size_bytes, struct bd_error *err)
{
	const uint8_t *bytes = data;
	size_t room = sizeof(reader->head) - reader->head_bytes, part = size_bytes < room ? size_bytes : room;

	if (reader->is_head_read) {
		keep_notes(reader, reader->at, bytes, size_bytes);
	} else {
		memcpy(reader->head + reader->head_bytes, bytes, part);
		reader->head_bytes += part;
		if (part < room) {
			reader->at += size_bytes;
			return 0;
		}
		if (read_head(reader, err) != 0)
			return -1;
		keep_notes(reader, 0, reader->head, reader->head_bytes);
		keep_notes(reader, reader->head_bytes, bytes + part, size_bytes - part);
	}
	reader->at += size_bytes;
	return 0;
}

/* --- notes -------------------------------------------------------------------------------------------------------- */

#define NOTE_HEADER_BYTES 12
#define NOTE_ENTRY 1
#define NOTE_XEN_VERSION 5
#define NOTE_GUEST_OS 6
#define NOTE_LOADER 8
#define NOTE_PHYS32_ENTRY 18

struct found {
	bool entry, version, linux_or_generic, phys32_entry;
};

static bool begins_with(const uint8_t *text, size_t size, const char *prefix)
{
	return size >= strlen(prefix) && memcmp(text, prefix, strlen(prefix)) == 0;
}

static void take_note(struct found *found, uint32_t type, const uint8_t *text, size_t size)
{
	if (type == NOTE_ENTRY)
		found->entry = true;
	else if (type == NOTE_PHYS32_ENTRY)
		found->phys32_entry = true;
	else if (type == NOTE_XEN_VERSION)
		found->version = begins_with(text, size, "xen-3.0");
	else if (type == NOTE_GUEST_OS && begins_with(text, size, "linux"))
		found->linux_or_generic = true;
	else if (type == NOTE_LOADER && begins_with(text, size, "generic"))
		found->linux_or_generic = true;
}

static uint64_t align(uint32_t size)
{
	return ((uint64_t)size + 3) & ~UINT64_C(3);
}

/* Each: the sizes of name and content, a type; then both, padded to four bytes. */
static void read_notes(struct found *found, const uint8_t *data, size_t size)
{
	for (size_t at = 0; size - at >= NOTE_HEADER_BYTES;) {
		uint32_t name_bytes = get_le32(data + at), bytes = get_le32(data + at + 4);
		uint64_t name_at = at + NOTE_HEADER_BYTES, text_at = name_at + align(name_bytes);
		if (text_at > size || bytes > size - text_at)
			return;
		if (name_bytes == sizeof("Xen") && memcmp(data + name_at, "Xen", sizeof("Xen")) == 0)
			take_note(found, get_le32(data + at + 8), data + text_at, bytes);
		if (text_at + align(bytes) > size)
			return;
		at = (size_t)(text_at + align(bytes));
	}
}

int bd_xen_notes_finish(struct bd_xen_notes_reader *reader, struct bd_xen_notes *notes_out, struct bd_error *err)
{
	struct found found = { 0 };

	if (!reader->is_head_read) {
		if (read_head(reader, err) != 0)
			return -1;
		keep_notes(reader, 0, reader->head, reader->head_bytes);
	}
	for (size_t i = 0; i < reader->segment_count; i++) {
		if (reader->segments[i].offset + reader->segments[i].size > reader->at)
			return bd_fail(err, EINVAL, "its ELF notes are beyond its end");
		read_notes(&found, reader->segments[i].data, (size_t)reader->segments[i].size);
	}
	*notes_out = (struct bd_xen_notes){ .is_64bit = reader->is_64bit,
					    .pv = found.entry && found.version && found.linux_or_generic,
					    .pvh = found.phys32_entry };
	return 0;
}

void bd_xen_notes_dispose(struct bd_xen_notes_reader *reader)
{
	free(reader->notes);
	*reader = (struct bd_xen_notes_reader){ 0 };
}
