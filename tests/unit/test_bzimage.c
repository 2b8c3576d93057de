/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about kernel/bzimage.h, kernel/compression.h, kernel/unpack.h and kernel/xen_notes.h. What is packed is packed by the programs
 * that the kernel's build uses, with its options, in an image made here; and there are the kernels of /boot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "kernel/unpack.h"
#include "kernel_checks.h"
#include "sandbox/sandbox.h"

#define MIB ((size_t)1 << 20)

static struct bd_error err;

/* --- packing ------------------------------------------------------------------------------------------------------ */

/* scripts/Makefile.lib and scripts/xz_wrap.sh of Linux 6.1. @ stands for the file, which then has the suffix, too. */
static const struct packer {
	enum bd_compression compression;
	const char *argv[8], *suffix;
	bool size_behind;
} packers[] = {
	{ BD_COMPRESSION_GZIP, { "gzip", "-n", "-f", "-9", "@" }, ".gz", false },
	{ BD_COMPRESSION_BZIP2, { "bzip2", "-9", "@" }, ".bz2", true },
	{ BD_COMPRESSION_LZMA, { "xz", "--format=lzma", "-9", "@" }, ".lzma", true },
	{ BD_COMPRESSION_XZ, { "xz", "--check=crc32", "--x86", "--lzma2=dict=32MiB", "@" }, ".xz", true },
	{ BD_COMPRESSION_LZ4, { "lz4", "-q", "-l", "-9", "-m", "--rm", "@" }, ".lz4", true },
	{ BD_COMPRESSION_ZSTD, { "zstd", "-q", "--ultra", "-22", "--rm", "@" }, ".zst", true },
};
#define PACKERS (sizeof(packers) / sizeof(*packers))

static const struct packer *packer_of(enum bd_compression compression)
{
	for (size_t i = 0; i < PACKERS; i++)
		if (packers[i].compression == compression)
			return &packers[i];
	fail_msg("nothing packs with %s", bd_compression_name(compression));
	return NULL;
}

static struct bytes pack(const struct packer *packer, const struct bytes *content)
{
	char path[64] = "/tmp/xen-bigdisk-test-bzimage-XXXXXX", packed_path[80];
	const char *argv[sizeof(packer->argv) / sizeof(*packer->argv) + 1] = { NULL };
	int fd = mkstemp(path);

	need_program(packer->argv[0]);
	assert_true(fd >= 0);
	close(fd);
	bytes_save(content, path);
	for (size_t i = 0; packer->argv[i]; i++)
		argv[i] = strcmp(packer->argv[i], "@") == 0 ? path : packer->argv[i];
	run_program(argv);
	snprintf(packed_path, sizeof(packed_path), "%s%s", path, packer->suffix);
	struct bytes packed = bytes_load(packed_path);
	unlink(packed_path);
	unlink(path);
	return packed;
}

static struct bytes pack_image(const struct packer *packer, const struct bytes *content)
{
	struct bytes packed = pack(packer, content);
	struct bytes image = make_bzimage(packed.data, packed.size, packer->size_behind, (uint32_t)content->size);

	free(packed.data);
	return image;
}

/* The kernel of most tests, and images of it, which are made once; a test that changes one works on a copy. */
#define KERNEL_BYTES (MIB + 4711)
static struct bytes kernel, images[PACKERS];

static struct bytes image_of(size_t packer)
{
	if (!images[packer].data)
		images[packer] = pack_image(&packers[packer], &kernel);
	struct bytes image = bytes_new(images[packer].size);
	memcpy(image.data, images[packer].data, image.size);
	return image;
}

static size_t packer_index(enum bd_compression compression)
{
	return (size_t)(packer_of(compression) - packers);
}

static int make_kernel(void **state)
{
	(void)state;
	kernel = make_elf(KERNEL_BYTES, true, true);
	return 0;
}

static int free_kernel(void **state)
{
	(void)state;
	free(kernel.data);
	for (size_t i = 0; i < PACKERS; i++)
		free(images[i].data);
	return 0;
}

/* --- reading and unpacking ---------------------------------------------------------------------------------------- */

static int read_image(struct bytes *image, struct bd_bzimage *image_out)
{
	struct bd_kernel_source source = bytes_source(image);

	err = (struct bd_error)BD_ERROR_INIT;
	return bd_bzimage_read(&source, image_out, &err);
}

static const struct bd_unpack_limits usual = BD_UNPACK_LIMITS_INIT;

static int unpack(struct bytes *image, const struct bd_unpack_limits *limits, struct bytes *out,
		  struct bd_unpacked *unpacked_out)
{
	struct bd_kernel_source source = bytes_source(image);
	struct bd_kernel_sink sink = bytes_sink(out);
	struct bd_bzimage header;

	out->size = 0;
	if (read_image(image, &header) != 0)
		return -1;
	return bd_unpack(&source, &header, limits, &sink, unpacked_out, &err);
}

static void check_unpacks_to(struct bytes *image, const struct bytes *expected)
{
	struct bytes out = bytes_new(0);
	struct bd_unpacked unpacked;

	if (unpack(image, &usual, &out, &unpacked) != 0)
		fail_msg("%s", err.message);
	assert_int_equal(unpacked.size_bytes, expected->size);
	assert_int_equal(out.size, expected->size);
	assert_int_equal(memcmp(out.data, expected->data, expected->size), 0);
	free(out.data);
}

static void check_fails(struct bytes *image, const struct bd_unpack_limits *limits, int code, size_t written_most)
{
	struct bytes out = bytes_new(0);
	struct bd_unpacked unpacked;

	assert_int_equal(unpack(image, limits, &out, &unpacked), -1);
	if (err.code != code)
		fail_msg("%d is expected, but: %s (%d)", code, err.message, err.code);
	assert_true(out.size <= written_most);
	free(out.data);
}

/* --- the header --------------------------------------------------------------------------------------------------- */

static void the_header_tells_version_and_payload(void **state)
{
	struct bd_bzimage image;

	(void)state;
	for (size_t i = 0; i < PACKERS; i++) {
		struct bytes file = image_of(i);
		assert_int_equal(read_image(&file, &image), 0);
		assert_int_equal(image.protocol, 0x20f);
		assert_string_equal(image.version, BZIMAGE_VERSION);
		assert_string_equal(image.release, "6.1.0-57-amd64");
		assert_int_equal(image.compression, packers[i].compression);
		assert_int_equal(image.payload_offset_bytes, BZIMAGE_PAYLOAD_AT);
		assert_int_equal(image.payload_size_bytes, file.size - BZIMAGE_PAYLOAD_AT - 100);
		assert_int_equal(image.unpacked_bytes, kernel.size);
		assert_int_equal(image.memory_bytes, 0x3000000);
		free(file.data);
	}
}

static struct bytes make_plain(void)
{
	struct bytes elf = make_elf(20000, true, true);
	struct bytes image = make_bzimage(elf.data, elf.size, false, 0);

	free(elf.data);
	return image;
}

static void what_is_no_bzimage_is_told_from_what_is_damaged(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
		int code;
	} changes[] = {
		{ 0x202, 0, ENOEXEC },		{ 0x1fc, 0, ENOEXEC }, /* the flag of boot sectors, its upper half */
		{ 0x206, 0x207, ENOTSUP },	{ 0x248, 0xffffffff, EINVAL }, { 0x24c, 0xffffffff, EINVAL },
		{ 0x24c, 20000 + 101, EINVAL }, { 0x24c, 7, EINVAL },	       { 0x24c, 0, EINVAL },
	};
	struct bd_bzimage image;

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		struct bytes file = make_plain();
		put_le32(file.data + changes[i].at, changes[i].value);
		assert_int_equal(read_image(&file, &image), -1);
		if (err.code != changes[i].code)
			fail_msg("change %zu: %s", i, err.message);
		free(file.data);
	}
	struct bytes file = make_plain();
	put_le32(file.data + 0x24c, 20000 + 100); /* up to the file's end */
	assert_int_equal(read_image(&file, &image), 0);
	free(file.data);
}

static void a_file_may_end_anywhere(void **state)
{
	struct bytes file = make_plain();
	struct bd_bzimage image;

	(void)state;
	for (size_t size = 0; size < file.size - 100; size += size < 3000 ? 1 : 999) {
		struct bytes cut = bytes_new(size);
		memcpy(cut.data, file.data, size);
		assert_int_equal(read_image(&cut, &image), -1);
		assert_int_equal(err.code, size < 0x264 ? ENOEXEC : EINVAL);
		free(cut.data);
	}
	free(file.data);
}

static void a_version_ends_where_it_is_no_text(void **state)
{
	struct bytes file = make_plain();
	struct bd_bzimage image;

	(void)state;
	file.data[0x400 + 5] = 0x1b;
	assert_int_equal(read_image(&file, &image), 0);
	assert_string_equal(image.version, "6.1.0");
	assert_string_equal(image.release, "6.1.0");
	/* No end, up to that of the setup code, 2048 bytes. */
	memset(file.data + 0x400, 'x', 0x400);
	assert_int_equal(read_image(&file, &image), 0);
	assert_int_equal(strlen(image.version), BD_BZIMAGE_VERSION_SIZE - 1);
	put_le16(file.data + 0x20e, 2048 - 0x200 - 3);
	assert_int_equal(read_image(&file, &image), 0);
	assert_string_equal(image.version, "xxx");
	put_le16(file.data + 0x20e, 2048 - 0x200);
	assert_int_equal(read_image(&file, &image), 0);
	assert_string_equal(image.version, "");
	put_le16(file.data + 0x20e, 0xffff);
	assert_int_equal(read_image(&file, &image), 0);
	put_le16(file.data + 0x20e, 0);
	assert_int_equal(read_image(&file, &image), 0);
	assert_string_equal(image.release, "");
	free(file.data);
}

/* "For backwards compatibility, if the setup_sects field contains 0, the real value is 4." */
static void no_setup_sectors_are_four(void **state)
{
	struct bytes file = make_plain();
	struct bd_bzimage image;

	(void)state;
	file.data[0x1f1] = 0;
	put_le32(file.data + 0x24c, 8);
	assert_int_equal(read_image(&file, &image), 0);
	assert_int_equal(image.payload_offset_bytes, 5 * 512 + 64);
	assert_int_equal(image.compression, BD_COMPRESSION_UNKNOWN);
	free(file.data);
}

static void flipped_bits_give_a_payload_within_the_file(void **state)
{
	struct bytes file = make_plain();
	unsigned good = 0;

	(void)state;
	for (size_t bit = 0x1f1 * 8; bit < 0x264 * 8; bit++) {
		struct bd_bzimage image;
		file.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (read_image(&file, &image) == 0) {
			good++;
			assert_true(image.payload_offset_bytes + image.payload_size_bytes <= file.size);
		}
		file.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_true(good > 100);
	free(file.data);
}

/* --- windows ------------------------------------------------------------------------------------------------------ */

static void windows_are_read(void **state)
{
	static const struct {
		enum bd_compression compression;
		const char *head;
		size_t size;
		uint64_t window;
	} heads[] = {
		/* The kernels of Debian 12 (6.1) and of Debian 13's cloud image (6.12). */
		{ BD_COMPRESSION_XZ, "\xfd\x37zXZ\0\0\x01\x69\x22\xde\x36\x02\x01\x04\0\x21\x01\x1a\0\x01", 21,
		  32 * MIB },
		{ BD_COMPRESSION_ZSTD, "\x28\xb5\x2f\xfd\x04\x88\x9c\x04", 8, 128 * MIB },
		/* Sizes before the filters; the largest there is; a size that is none; none at all. */
		{ BD_COMPRESSION_XZ, "\xfd\x37zXZ\0\0\x01\x69\x22\xde\x36\x04\xc0\x81\x01\xff\xff\x03\x21\x01\x16",
		  22, 8 * MIB },
		{ BD_COMPRESSION_XZ, "\xfd\x37zXZ\0\0\x01\x69\x22\xde\x36\x02\0\x21\x01\x28", 17, UINT32_MAX },
		{ BD_COMPRESSION_XZ, "\xfd\x37zXZ\0\0\x01\x69\x22\xde\x36\x02\0\x21\x01\x27", 17, UINT64_C(3) << 30 },
		{ BD_COMPRESSION_XZ, "\xfd\x37zXZ\0\0\x01\x69\x22\xde\x36\x02\0\x21\x01\x29", 17, 0 },
		{ BD_COMPRESSION_XZ,
		  "\xfd\x37zXZ\0\0\x01\x69\x22\xde\x36\x02\x03\x04\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 23, 0 },
		{ BD_COMPRESSION_XZ, "\xfd\x37zXZ\0\0\x01\x69\x22\xde\x36\x02\0\x21\x01", 16, 0 },
		/* One segment: content of 1, 2, 4 and 8 bytes, with a dictionary of 4. */
		{ BD_COMPRESSION_ZSTD, "\x28\xb5\x2f\xfd\x20\x07", 6, 7 },
		{ BD_COMPRESSION_ZSTD, "\x28\xb5\x2f\xfd\x60\x01\x01", 7, 257 + 256 },
		{ BD_COMPRESSION_ZSTD, "\x28\xb5\x2f\xfd\xa0\0\0\0\x80", 9, UINT32_C(1) << 31 },
		{ BD_COMPRESSION_ZSTD, "\x28\xb5\x2f\xfd\xe3wwww\xff\xff\xff\xff\xff\xff\xff\xff", 17, UINT64_MAX },
		{ BD_COMPRESSION_ZSTD, "\x28\xb5\x2f\xfd\0\xff", 6, (UINT64_C(1) << 41) + (UINT64_C(7) << 38) },
		{ BD_COMPRESSION_ZSTD, "\x28\xb5\x2f\xfd\0", 5, 0 },
		{ BD_COMPRESSION_LZMA, "\x5d\0\0\0\x04\xff", 6, 64 * MIB },
		{ BD_COMPRESSION_LZMA, "\x5d\0\0\0", 4, 0 },
		{ BD_COMPRESSION_GZIP, "\x1f\x8b\x08", 3, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
		const uint8_t *head = (const uint8_t *)heads[i].head;
		uint64_t window = bd_compression_window_bytes(heads[i].compression, head, heads[i].size);
		assert_int_equal(bd_compression_of(head, heads[i].size), heads[i].compression);
		if (window != heads[i].window)
			fail_msg("row %zu: %llu", i, (unsigned long long)window);
	}
}

/* --- unpacking ---------------------------------------------------------------------------------------------------- */

static void each_compression_gives_the_same_bytes_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < PACKERS; i++) {
		struct bytes file = image_of(i);
		check_unpacks_to(&file, &kernel);
		/* In small reads. */
		file.piece = 4099;
		check_unpacks_to(&file, &kernel);
		free(file.data);
	}
}

/* Blocks have 8 MiB, but for the last one. The size behind it is not to be taken for a block's size, which numbers up to 8 MiB and some
 * are. */
static void kernels_of_any_size_are_unpacked_from_lz4(void **state)
{
	static const size_t sizes[] = { 8192, 100000, 9 * MIB + 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct bytes elf = make_elf(sizes[i], true, true);
		struct bytes file = pack_image(packer_of(BD_COMPRESSION_LZ4), &elf);
		check_unpacks_to(&file, &elf);
		free(file.data);
		free(elf.data);
	}
}

static void what_is_not_compressed_is_copied(void **state)
{
	struct bytes elf = make_elf(3 * MIB + 1, true, true);
	struct bytes file = make_bzimage(elf.data, elf.size, false, 0);
	static const struct bd_unpack_limits less = { 3 * MIB, MIB, 60 };

	(void)state;
	check_unpacks_to(&file, &elf);
	check_fails(&file, &less, EFBIG, 0);
	free(file.data);
	free(elf.data);
}

static void lzo_is_said_not_to_be_there(void **state)
{
	static const uint8_t lzo[] = "\x89LZO\0\r\n\x1a\n\x10\x30\x20\xa0\x09\x40\x01\x05\x03\0\0\x0d";
	static const uint8_t unknown[] = "what is this?";
	struct bytes file = make_bzimage(lzo, sizeof(lzo), true, 100000);

	(void)state;
	check_fails(&file, &usual, ENOTSUP, 0);
	assert_non_null(strstr(err.message, "LZO"));
	free(file.data);
	file = make_bzimage(unknown, sizeof(unknown), true, 100000);
	check_fails(&file, &usual, ENOTSUP, 0);
	assert_non_null(strstr(err.message, "an unknown compression"));
	free(file.data);
}

static void what_is_no_elf_file_is_not_written(void **state)
{
	struct bytes text = bytes_new(100000);
	(void)state;

	memset(text.data, 'x', text.size);
	for (size_t i = 0; i < PACKERS; i += PACKERS - 1) {
		struct bytes file = pack_image(&packers[i], &text);
		check_fails(&file, &usual, ENOEXEC, 0);
		free(file.data);
	}
	free(text.data);
}

/* In one of ELF of another machine, too. */
static void an_elf_file_for_another_machine_is_refused(void **state)
{
	struct bytes elf = make_elf(100000, true, true);

	(void)state;
	put_le16(elf.data + 18, 183); /* AArch64 */
	struct bytes file = pack_image(packer_of(BD_COMPRESSION_GZIP), &elf);
	check_fails(&file, &usual, ENOEXEC, 0);
	free(file.data);
	free(elf.data);
}

/* A kernel that is packed once more, as a bomb of several stages would be. */
static void a_second_layer_is_refused(void **state)
{
	struct bytes elf = make_elf(100000, true, true);
	struct bytes once = pack(packer_of(BD_COMPRESSION_XZ), &elf);
	struct bytes file = pack_image(packer_of(BD_COMPRESSION_XZ), &once);

	(void)state;
	check_fails(&file, &usual, EINVAL, 0);
	free(file.data);
	free(once.data);
	free(elf.data);
}

static void damage_is_an_error(void **state)
{
	struct bytes out = bytes_new(0);

	(void)state;
	for (size_t i = 0; i < PACKERS; i++) {
		struct bytes file = image_of(i);
		size_t end = file.size - 100 - (packers[i].size_behind ? 4 : 0);
		for (size_t at = BZIMAGE_PAYLOAD_AT + 40; at < end; at += (end - BZIMAGE_PAYLOAD_AT) / 13) {
			struct bd_unpacked unpacked;
			file.data[at] ^= 0x10;
			bool is_noticed = unpack(&file, &usual, &out, &unpacked) != 0;
			/* LZMA's format and LZ4's legacy frame have no checksum: there, what is of the right size is taken. */
			if (packers[i].compression != BD_COMPRESSION_LZMA &&
			    packers[i].compression != BD_COMPRESSION_LZ4 && !is_noticed)
				fail_msg("%s, byte %zu", packers[i].argv[0], at);
			assert_true(out.size <= kernel.size);
			file.data[at] ^= 0x10;
		}
		/* It ends early: the length of the payload is less. */
		put_le32(file.data + 0x24c, get_le32(file.data + 0x24c) / 2);
		put_le32(file.data + BZIMAGE_PAYLOAD_AT + get_le32(file.data + 0x24c) - 4, (uint32_t)kernel.size);
		check_fails(&file, &usual, EINVAL, kernel.size);
		free(file.data);
	}
	free(out.data);
}

static void a_size_that_is_not_what_there_is_is_an_error(void **state)
{
	(void)state;
	for (size_t i = 1; i < PACKERS; i++) {
		struct bytes file = image_of(i);
		uint8_t *says = file.data + file.size - 100 - 4;
		assert_int_equal(get_le32(says), kernel.size);
		put_le32(says, (uint32_t)kernel.size + 1);
		check_fails(&file, &usual, EINVAL, kernel.size);
		put_le32(says, (uint32_t)kernel.size - 1);
		check_fails(&file, &usual, EINVAL, kernel.size - 1);
		put_le32(says, 0);
		check_fails(&file, &usual, EINVAL, 0);
		free(file.data);
	}
}

static int fail_to_read(const struct bd_kernel_source *source, uint64_t at, void *data_out, size_t size,
			size_t *got_out, struct bd_error *why)
{
	if (at + size > BZIMAGE_PAYLOAD_AT + 100000 && at + size != source->size_bytes - 100)
		return bd_fail(why, EIO, "the disk cannot be read");
	return bytes_read(source, at, data_out, size, got_out, why);
}

static int fail_to_write(const struct bd_kernel_sink *sink, const void *data, size_t size, struct bd_error *why)
{
	(void)sink;
	(void)data;
	(void)size;
	return bd_fail(why, ENOSPC, "there is no room");
}

static void errors_of_source_and_sink_are_passed_on(void **state)
{
	struct bytes out = bytes_new(0);
	struct bd_kernel_sink sink = bytes_sink(&out);
	const struct bd_kernel_sink full = { .write = fail_to_write, .fd = -1 };
	struct bd_unpacked unpacked;
	struct bd_bzimage header;

	(void)state;
	for (size_t i = 0; i < PACKERS; i++) {
		struct bytes file = image_of(i);
		struct bd_kernel_source source = bytes_source(&file);
		assert_int_equal(read_image(&file, &header), 0);
		assert_int_equal(bd_unpack(&source, &header, &usual, &full, &unpacked, &err), -1);
		assert_int_equal(err.code, ENOSPC);
		source.read = fail_to_read;
		assert_int_equal(bd_unpack(&source, &header, &usual, &sink, &unpacked, &err), -1);
		assert_int_equal(err.code, EIO);
		assert_string_equal(err.message, "the disk cannot be read");
		free(file.data);
	}
	free(out.data);
}

/* --- bombs -------------------------------------------------------------------------------------------------------- */

/* One packed MiB, as often as it takes for 2 GiB; each of the formats lets streams follow each other. */
static struct bytes make_bomb(const struct packer *packer)
{
	struct bytes piece = bytes_new(MIB);

	memcpy(piece.data, kernel.data, 8192);
	struct bytes first = pack(packer, &piece);
	memset(piece.data, 0, MIB);
	struct bytes next = pack(packer, &piece), all = bytes_new(first.size + 2047 * next.size);
	memcpy(all.data, first.data, first.size);
	for (size_t i = 0; i < 2047; i++)
		memcpy(all.data + first.size + i * next.size, next.data, next.size);
	struct bytes file = make_bzimage(all.data, all.size, packer->size_behind, 0);
	free(piece.data);
	free(first.data);
	free(next.data);
	free(all.data);
	return file;
}

static void bombs_end_at_the_limit(void **state)
{
	static const struct bd_unpack_limits limits = { 16 * MIB, 128 * MIB, 60 };

	(void)state;
	for (size_t i = 0; i < PACKERS; i++) {
		/* LZMA has no streams behind each other. */
		if (packers[i].compression == BD_COMPRESSION_LZMA)
			continue;
		struct bytes file = make_bomb(&packers[i]);
		/* What gzip says is in the last of its streams, what others say behind it: at the same place. */
		uint8_t *says = file.data + file.size - 100 - 4;
		/* It says what it is; nothing; as much as is allowed; little. */
		put_le32(says, UINT32_C(2) << 30);
		check_fails(&file, &limits, EFBIG, 0);
		put_le32(says, UINT32_MAX);
		check_fails(&file, &limits, EFBIG, 16 * MIB);
		assert_non_null(strstr(err.message, "16 MiB"));
		put_le32(says, 16 * MIB);
		check_fails(&file, &limits, EFBIG, 16 * MIB);
		put_le32(says, 3 * MIB / 2);
		check_fails(&file, &limits, EINVAL, 3 * MIB / 2);
		free(file.data);
	}
}

static void what_takes_too_long_is_ended(void **state)
{
	static const struct bd_unpack_limits limits = { 64 * MIB, 64 * MIB, 0 };

	(void)state;
	for (size_t i = 0; i < PACKERS; i++) {
		struct bytes file = image_of(i);
		check_fails(&file, &limits, ETIME, 0);
		free(file.data);
	}
}

static void a_window_beyond_the_limit_is_refused(void **state)
{
	static const enum bd_compression windowed[] = { BD_COMPRESSION_LZMA, BD_COMPRESSION_XZ, BD_COMPRESSION_ZSTD };
	static const struct bd_unpack_limits limits = { 64 * MIB, MIB, 60 };

	(void)state;
	for (size_t i = 0; i < sizeof(windowed) / sizeof(*windowed); i++) {
		struct bytes file = image_of(packer_index(windowed[i]));
		check_fails(&file, &limits, E2BIG, 0);
		free(file.data);
	}
}

/* --- notes -------------------------------------------------------------------------------------------------------- */

static void check_notes(const struct bytes *elf, size_t piece, int code, bool pv, bool pvh)
{
	BD_DISPOSE(bd_xen_notes_dispose) struct bd_xen_notes_reader reader = { 0 };
	struct bd_xen_notes notes;
	int r = 0;

	err = (struct bd_error)BD_ERROR_INIT;
	for (size_t at = 0; at < elf->size && r == 0; at += piece) {
		size_t size = piece < elf->size - at ? piece : elf->size - at;
		/* A copy, so that a sanitizer sees what is read beyond it. */
		uint8_t *copy = malloc(size);
		assert_non_null(copy);
		memcpy(copy, elf->data + at, size);
		r = bd_xen_notes_take(&reader, copy, size, &err);
		free(copy);
	}
	if (r == 0)
		r = bd_xen_notes_finish(&reader, &notes, &err);
	if (err.code != code)
		fail_msg("%d is expected, but: %s (%d)", code, err.message, err.code);
	if (code)
		return;
	assert_int_equal(notes.pv, pv);
	assert_int_equal(notes.pvh, pvh);
	assert_true(notes.is_64bit);
}

static void notes_tell_pv_and_pvh(void **state)
{
	static const size_t pieces[] = { 1, 7, 4095, 4096, 4097, 4200, 100000 };

	(void)state;
	for (int mode = 0; mode < 4; mode++) {
		struct bytes elf = make_elf(10000, mode & 1, mode & 2);
		for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++)
			check_notes(&elf, pieces[i], 0, mode & 1, mode & 2);
		free(elf.data);
	}
}

/* Two segments, the first of which is in the first page; a PV guest's notes in one, PVH's in the other. */
static void notes_may_be_in_several_segments(void **state)
{
	struct bytes elf = make_elf(20000, true, false);

	(void)state;
	put_le16(elf.data + 56, 3);
	put_le32(elf.data + 176, 4);
	put_le64(elf.data + 176 + 8, 300);
	put_le64(elf.data + 176 + 32, add_note(elf.data + 300, "Xen", 18, "\1\2\3\4", 4));
	check_notes(&elf, 1000, 0, true, true);
	/* One whose name is another's. */
	memcpy(elf.data + 300 + 12, "Zen", 3);
	check_notes(&elf, 1000, 0, true, false);
	free(elf.data);
}

static void notes_of_another_xen_are_none(void **state)
{
	struct bytes elf = make_elf(10000, true, true);

	(void)state;
	uint8_t *version = memmem(elf.data, elf.size, "xen-3.0", 7);
	assert_non_null(version);
	version[4] = '2';
	check_notes(&elf, 10000, 0, false, true);
	version[4] = '3';
	uint8_t *system = memmem(elf.data, elf.size, "linux", 5);
	assert_non_null(system);
	system[0] = 'L';
	check_notes(&elf, 10000, 0, false, true);
	free(elf.data);
}

static void damaged_notes_are_harmless(void **state)
{
	static const struct {
		size_t at;
		uint64_t value;
		int code;
	} changes[] = {
		{ 0, 0, ENOEXEC },
		{ 4, 3, ENOEXEC }, /* neither 32 nor 64 bits */
		{ 32, 4096 - 56, EINVAL }, /* the headers are in the first page in part */
		{ 32, UINT64_MAX, EINVAL },
		{ 32, UINT64_MAX - 55, EINVAL },
		{ 54, 55, EINVAL }, /* headers too small, and 0 of them */
		{ 120 + 8, UINT64_MAX, EINVAL },
		{ 120 + 8, 9999, EINVAL }, /* beyond the end by some */
		{ 120 + 32, 65537, EINVAL },
		{ 120 + 32, UINT64_MAX, EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		struct bytes elf = make_elf(10000, true, true);
		if (changes[i].at == 54)
			put_le16(elf.data + 54, 55);
		else if (changes[i].at == 4)
			elf.data[4] = 3;
		else
			put_le64(elf.data + changes[i].at, changes[i].value);
		check_notes(&elf, 1000, changes[i].code, false, false);
		free(elf.data);
	}
	/* Sizes within the notes: what is behind is not read. */
	for (size_t field = 0; field < 2; field++) {
		struct bytes elf = make_elf(10000, true, true);
		put_le32(elf.data + ELF_NOTES_AT + field * 4, 0xffffffff);
		check_notes(&elf, 1000, 0, false, false);
		put_le32(elf.data + ELF_NOTES_AT + field * 4, 0x7ffffffd);
		check_notes(&elf, 1000, 0, false, false);
		free(elf.data);
	}
	/* More segments than any file has. */
	struct bytes elf = make_elf(10000, true, true);
	put_le16(elf.data + 56, 10);
	for (size_t i = 1; i < 10; i++)
		memcpy(elf.data + 64 + i * 56, elf.data + 120, 56);
	check_notes(&elf, 1000, EINVAL, false, false);
	free(elf.data);
}

static void each_bit_of_headers_and_notes_may_be_wrong(void **state)
{
	struct bytes elf = make_elf(ELF_NOTES_AT + 300, true, true);

	(void)state;
	for (size_t bit = 0; bit < (176 + 300) * 8; bit++) {
		size_t at = bit / 8 < 176 ? bit / 8 : ELF_NOTES_AT + bit / 8 - 176;
		BD_DISPOSE(bd_xen_notes_dispose) struct bd_xen_notes_reader reader = { 0 };
		struct bd_xen_notes notes;
		elf.data[at] ^= (uint8_t)(1u << bit % 8);
		if (bd_xen_notes_take(&reader, elf.data, elf.size, &err) == 0)
			bd_xen_notes_finish(&reader, &notes, &err);
		elf.data[at] ^= (uint8_t)(1u << bit % 8);
	}
	free(elf.data);
}

/* --- in the sandbox ----------------------------------------------------------------------------------------------- */

struct job {
	struct bytes *image;
	const struct bd_bzimage *header;
};

/* Behind the kernel, whether it was one. */
static void work(void *context, int input_fd, int output_fd)
{
	const struct job *job = context;
	struct bd_kernel_source source = bd_kernel_source_fd(input_fd, job->image->size);
	struct bd_kernel_sink sink = bd_kernel_sink_fd(output_fd);
	struct bd_unpacked unpacked;
	struct bd_error why = BD_ERROR_INIT;

	if (bd_unpack(&source, job->header, &usual, &sink, &unpacked, &why) != 0)
		_exit(1);
}

static void check_sandboxed(struct bytes *image, const struct bytes *expected)
{
	BD_DISPOSE(bd_sandbox_dispose) struct bd_sandbox sandbox = BD_SANDBOX_INIT;
	char path[] = "/tmp/xen-bigdisk-test-bzimage-XXXXXX";
	int fd = mkstemp(path);
	struct bytes out = bytes_new(expected->size + 1);
	struct bd_bzimage header;
	size_t size = 0, got = 1;

	assert_true(fd >= 0);
	bytes_save(image, path);
	unlink(path);
	assert_int_equal(read_image(image, &header), 0);
	/* What kernel/unpack.h says that it takes. */
	const struct bd_sandbox_job job = { .input_fd = fd,
					    .work = work,
					    .context = &(struct job){ image, &header },
					    .memory_bytes = header.window_bytes + 48 * MIB,
					    .idle_cpu_s = 60 };
	assert_int_equal(bd_sandbox_start(&job, &sandbox, &err), 0);
	for (; got && size < out.size; size += got)
		if (bd_sandbox_read(&sandbox, out.data + size, out.size - size, &got, &err) != 0)
			fail_msg("%s", err.message);
	if (bd_sandbox_finish(&sandbox, &err) != 0)
		fail_msg("%s: %s", bd_compression_name(header.compression), err.message);
	assert_int_equal(size, expected->size);
	assert_int_equal(memcmp(out.data, expected->data, size), 0);
	close(fd);
	free(out.data);
}

static void it_runs_in_the_sandbox(void **state)
{

	(void)state;
	assert_int_equal(bd_unpack_prepare(&err), 0);
	for (size_t i = 0; i < PACKERS; i++) {
		struct bytes file = image_of(i);
		check_sandboxed(&file, &kernel);
		free(file.data);
	}
}

/* --- kernels of distributions ------------------------------------------------------------------------------------- */

/* What the program that belongs to the compression makes of the payload. */
static struct bytes unpack_by_program(struct bytes *image, const struct bd_bzimage *header)
{
	static const struct {
		enum bd_compression compression;
		const char *argv[4], *suffix;
	} programs[] = {
		{ BD_COMPRESSION_GZIP, { "gzip", "-d" }, ".gz" },
		{ BD_COMPRESSION_XZ, { "xz", "-d" }, ".xz" },
		{ BD_COMPRESSION_LZ4, { "lz4", "-d", "-q", "-m" }, ".lz4" },
		{ BD_COMPRESSION_ZSTD, { "zstd", "-d", "-q" }, ".zst" },
	};
	char path[64] = "/tmp/xen-bigdisk-test-bzimage-XXXXXX", packed[80];
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	unlink(path);
	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
		if (programs[i].compression != header->compression)
			continue;
		const char *argv[6] = { NULL };
		size_t count = 0;
		for (; count < 4 && programs[i].argv[count]; count++)
			argv[count] = programs[i].argv[count];
		argv[count] = packed;
		need_program(argv[0]);
		struct bytes payload = bytes_new(header->payload_size_bytes -
						 (bd_compression_has_size_behind(header->compression) ? 4 : 0));
		memcpy(payload.data, image->data + header->payload_offset_bytes, payload.size);
		snprintf(packed, sizeof(packed), "%s%s", path, programs[i].suffix);
		bytes_save(&payload, packed);
		run_program(argv);
		struct bytes elf = bytes_load(path);
		unlink(packed);
		unlink(path);
		free(payload.data);
		return elf;
	}
	print_message("no program for %s\n", bd_compression_name(header->compression));
	skip();
	return bytes_new(0);
}

static void kernels_of_boot_are_unpacked(void **state)
{
	glob_t kernels;

	(void)state;
	if (glob("/boot/vmlinuz-*", 0, NULL, &kernels) != 0 || access(kernels.gl_pathv[0], R_OK) != 0) {
		print_message("there is no kernel in /boot\n");
		skip();
	}
	for (size_t i = 0; i < kernels.gl_pathc && i < 2; i++) {
		struct bytes image = bytes_load(kernels.gl_pathv[i]), out = bytes_new(0);
		struct bd_unpacked unpacked;
		struct bd_bzimage header;
		if (read_image(&image, &header) != 0 || unpack(&image, &usual, &out, &unpacked) != 0)
			fail_msg("%s: %s", kernels.gl_pathv[i], err.message);
		assert_string_equal(header.release, strchr(kernels.gl_pathv[i], '-') + 1);
		struct bytes elf = unpack_by_program(&image, &header);
		assert_int_equal(out.size, elf.size);
		assert_int_equal(memcmp(out.data, elf.data, elf.size), 0);
		check_sandboxed(&image, &elf);
		/* Debian's kernels start as both. */
		if (strstr(header.version, "debian")) {
			assert_true(unpacked.notes.pv);
			assert_true(unpacked.notes.pvh);
		}
		free(image.data);
		free(out.data);
		free(elf.data);
	}
	globfree(&kernels);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_header_tells_version_and_payload),
		cmocka_unit_test(what_is_no_bzimage_is_told_from_what_is_damaged),
		cmocka_unit_test(a_file_may_end_anywhere),
		cmocka_unit_test(a_version_ends_where_it_is_no_text),
		cmocka_unit_test(no_setup_sectors_are_four),
		cmocka_unit_test(flipped_bits_give_a_payload_within_the_file),
		cmocka_unit_test(windows_are_read),
		cmocka_unit_test(each_compression_gives_the_same_bytes_again),
		cmocka_unit_test(kernels_of_any_size_are_unpacked_from_lz4),
		cmocka_unit_test(what_is_not_compressed_is_copied),
		cmocka_unit_test(lzo_is_said_not_to_be_there),
		cmocka_unit_test(what_is_no_elf_file_is_not_written),
		cmocka_unit_test(an_elf_file_for_another_machine_is_refused),
		cmocka_unit_test(a_second_layer_is_refused),
		cmocka_unit_test(damage_is_an_error),
		cmocka_unit_test(a_size_that_is_not_what_there_is_is_an_error),
		cmocka_unit_test(errors_of_source_and_sink_are_passed_on),
		cmocka_unit_test(bombs_end_at_the_limit),
		cmocka_unit_test(what_takes_too_long_is_ended),
		cmocka_unit_test(a_window_beyond_the_limit_is_refused),
		cmocka_unit_test(notes_tell_pv_and_pvh),
		cmocka_unit_test(notes_may_be_in_several_segments),
		cmocka_unit_test(notes_of_another_xen_are_none),
		cmocka_unit_test(damaged_notes_are_harmless),
		cmocka_unit_test(each_bit_of_headers_and_notes_may_be_wrong),
		cmocka_unit_test(it_runs_in_the_sandbox),
		cmocka_unit_test(kernels_of_boot_are_unpacked),
	};
	return cmocka_run_group_tests(tests, make_kernel, free_kernel);
}
