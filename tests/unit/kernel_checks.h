/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of provision/kernel have in common: files in memory, ELF files that say that they start under Xen, and bzImages around
 * whatever is given. Included behind cmocka.h. */
#ifndef BD_TESTS_KERNEL_CHECKS_H
#define BD_TESTS_KERNEL_CHECKS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/process/run.h"
#include "kernel/stream.h"

/* --- files in memory ---------------------------------------------------------------------------------------------- */

struct bytes {
	uint8_t *data; /* owned */
	size_t size, room; /* room: of a sink */
	size_t piece; /* at most so much is read at once; 0: all */
};

static inline struct bytes bytes_new(size_t size)
{
	struct bytes bytes = { calloc(1, size ? size : 1), size, size, 0 };

	assert_non_null(bytes.data);
	return bytes;
}

static inline int bytes_read(const struct bd_kernel_source *source, uint64_t at, void *data_out, size_t size,
			     size_t *got_out, struct bd_error *err)
{
	struct bytes *bytes = source->context;
	(void)err;

	/* What the header of struct bd_kernel_source promises to whoever reads. */
	assert_true(size > 0 && at < bytes->size);
	size = size < bytes->size - at ? size : bytes->size - (size_t)at;
	size = bytes->piece && size > bytes->piece ? bytes->piece : size;
	memcpy(data_out, bytes->data + at, size);
	*got_out = size;
	return 0;
}

static inline struct bd_kernel_source bytes_source(struct bytes *bytes)
{
	return (struct bd_kernel_source){ .size_bytes = bytes->size, .read = bytes_read, .context = bytes, .fd = -1 };
}

static inline int bytes_write(const struct bd_kernel_sink *sink, const void *data, size_t size, struct bd_error *err)
{
	struct bytes *bytes = sink->context;
	(void)err;

	if (bytes->size + size > bytes->room) {
		bytes->room = 2 * (bytes->size + size);
		bytes->data = realloc(bytes->data, bytes->room);
		assert_non_null(bytes->data);
	}
	memcpy(bytes->data + bytes->size, data, size);
	bytes->size += size;
	return 0;
}

static inline struct bd_kernel_sink bytes_sink(struct bytes *bytes)
{
	return (struct bd_kernel_sink){ .write = bytes_write, .context = bytes, .fd = -1 };
}

static inline struct bytes bytes_load(const char *path)
{
	FILE *file = fopen(path, "re");

	assert_non_null(file);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	struct bytes bytes = bytes_new((size_t)ftell(file));
	rewind(file);
	assert_int_equal(fread(bytes.data, 1, bytes.size, file), bytes.size);
	fclose(file);
	return bytes;
}

static inline void bytes_save(const struct bytes *bytes, const char *path)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes->data, 1, bytes->size, file), bytes->size);
	assert_int_equal(fclose(file), 0);
}

/* --- programs ----------------------------------------------------------------------------------------------------- */

/* The test is skipped where a program is not installed. */
static inline void need_program(const char *name)
{
	struct bd_error ignored = BD_ERROR_INIT;
	char path[4096];

	if (bd_find_program(name, path, sizeof(path), &ignored) != 0) {
		print_message("%s is not installed\n", name);
		skip();
	}
}

static inline void run_program(const char *const *argv)
{
	struct bd_error err = BD_ERROR_INIT;
	char output[2048];

	if (bd_run(&(struct bd_run){ .argv = argv, .output = output, .output_size = sizeof(output) }, &err) != 0)
		fail_msg("%s", err.message);
}

/* --- kernels ------------------------------------------------------------------------------------------------------ */

#define ELF_NOTES_AT 0x1000u

static inline size_t add_note(uint8_t *at, const char *name, uint32_t type, const char *text, size_t size)
{
	size_t name_bytes = strlen(name) + 1, name_room = (name_bytes + 3) & ~(size_t)3;

	put_le32(at, (uint32_t)name_bytes);
	put_le32(at + 4, (uint32_t)size);
	put_le32(at + 8, type);
	memcpy(at + 12, name, name_bytes);
	memcpy(at + 12 + name_room, text, size);
	return 12 + name_room + ((size + 3) & ~(size_t)3);
}

/* What arch/x86/xen/xen-head.S and arch/x86/platform/pvh/head.S write. */
static inline size_t add_xen_notes(uint8_t *at, bool pv, bool pvh)
{
	static const char address[8] = "\0\0\0\1";
	size_t size = add_note(at, "GNU", 3, "0123456789abcdefghij", 20);

	size += add_note(at + size, "Xen", 6, "linux", 6);
	size += add_note(at + size, "Xen", 7, "2.6", 4);
	size += add_note(at + size, "Xen", 5, "xen-3.0", 8);
	if (pv)
		size += add_note(at + size, "Xen", 1, address, 8);
	if (pvh)
		size += add_note(at + size, "Xen", 18, address, 8);
	return size;
}

/* An ELF file of 64 bits with a note segment behind its first page, and content that compresses to about the half. */
static inline struct bytes make_elf(size_t size, bool pv, bool pvh)
{
	struct bytes elf = bytes_new(size);
	uint32_t random = 1;

	for (size_t i = ELF_NOTES_AT + 0x1000; i < size; i++) {
		random = random * 1103515245 + 12345;
		elf.data[i] = i % 16 < 8 ? (uint8_t)(random >> 24) : (uint8_t)(i >> 8);
	}
	memcpy(elf.data, "\177ELF\2\1\1", 7);
	put_le16(elf.data + 16, 2);
	put_le16(elf.data + 18, 62);
	put_le64(elf.data + 32, 64);
	put_le16(elf.data + 54, 56);
	put_le16(elf.data + 56, 2);
	put_le32(elf.data + 64, 1); /* PT_LOAD */
	put_le64(elf.data + 64 + 8, 0);
	put_le64(elf.data + 64 + 32, size);
	put_le32(elf.data + 120, 4); /* PT_NOTE */
	put_le64(elf.data + 120 + 8, ELF_NOTES_AT);
	put_le64(elf.data + 120 + 32, add_xen_notes(elf.data + ELF_NOTES_AT, pv, pvh));
	return elf;
}

#define BZIMAGE_SETUP_SECTS 3u
#define BZIMAGE_PAYLOAD_AT ((BZIMAGE_SETUP_SECTS + 1) * 512 + 64)
#define BZIMAGE_VERSION "6.1.0-57-amd64 (debian-kernel@lists.debian.org) #1 SMP PREEMPT_DYNAMIC Debian 6.1.192-3"

/* A setup header of protocol 2.15 before a payload, with 100 bytes behind it. size_behind: whether the size of what is packed follows
 * it, as in the kernel's build. */
static inline struct bytes make_bzimage(const uint8_t *payload, size_t size, bool size_behind, uint32_t unpacked)
{
	struct bytes image = bytes_new(BZIMAGE_PAYLOAD_AT + size + (size_behind ? 4 : 0) + 100);

	image.data[0x1f1] = BZIMAGE_SETUP_SECTS;
	put_le16(image.data + 0x1fe, 0xaa55);
	memcpy(image.data + 0x202, "HdrS", 4);
	put_le16(image.data + 0x206, 0x20f);
	put_le16(image.data + 0x20e, 0x400 - 0x200);
	memcpy(image.data + 0x400, BZIMAGE_VERSION, sizeof(BZIMAGE_VERSION));
	put_le32(image.data + 0x248, 64);
	put_le32(image.data + 0x24c, (uint32_t)(size + (size_behind ? 4 : 0)));
	put_le32(image.data + 0x260, 0x3000000);
	memcpy(image.data + BZIMAGE_PAYLOAD_AT, payload, size);
	if (size_behind)
		put_le32(image.data + BZIMAGE_PAYLOAD_AT + size, unpacked);
	return image;
}

#endif
