/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about ext3/reader/journal.h, and about filesystems that are read through it. The logs are written here byte by
 * byte, in each of the formats; what they mean is said here, and by e2fsck, which replays them in a copy. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "ext3/error.h"
#include "ext3/filesystem.h"
#include "ext3/reader/fd_io.h"
#include "ext3/reader/journal.h"
#include "image_checks.h"

#define DATA_BLOCKS 6
#define LOG_BLOCKS_MAX 4096
#define IMAGE_BYTES (16 * MIB)
#define SEQUENCE 0xfffffffeu /* goes over to 0 in the log */

enum { REVOKE = 1, WIDE = 2, ASYNC = 4, CSUM_V2 = 8, CSUM_V3 = 0x10 };

struct format {
	const char *name;
	uint32_t kind, compat, incompat; /* of the journal's superblock */
};

static const struct format formats[] = {
	{ "version 1", 3, 0, 0 },
	{ "version 2", 4, 0, REVOKE },
	{ "version 2, 64bit", 4, 0, REVOKE | WIDE },
	{ "checksum in the commit block", 4, 1, REVOKE },
	{ "checksum in the commit block, asynchronous", 4, 1, REVOKE | ASYNC },
	{ "checksums of version 2", 4, 0, REVOKE | CSUM_V2 },
	{ "checksums of version 2, 64bit", 4, 0, REVOKE | WIDE | CSUM_V2 },
	{ "checksums of version 3", 4, 0, REVOKE | CSUM_V3 },
	{ "checksums of version 3, 64bit", 4, 0, REVOKE | WIDE | CSUM_V3 },
};
static const struct format *const plain = &formats[1], *const checked = &formats[8];

/* The image "fs" with the file /data, whose blocks are full of 'a', 'b' ... */
static struct {
	int fd;
	const struct format *format;
	uint32_t block_size, length, at, sequence, seed, commit_checksum;
	blk64_t data[DATA_BLOCKS], log[LOG_BLOCKS_MAX];
	uint8_t super[1024];
} image;

static void write_at(uint64_t at, const void *data, size_t size)
{
	assert_int_equal(pwrite(image.fd, data, size, (off_t)at), (ssize_t)size);
}

static blk64_t place_of(ext2_filsys fs, const char *path, uint32_t logical)
{
	ext2_ino_t number = EXT2_JOURNAL_INO;
	blk64_t block = 0;
	if (path)
		assert_int_equal(ext2fs_namei(fs, EXT2_ROOT_INO, EXT2_ROOT_INO, path, &number), 0);
	assert_int_equal(ext2fs_bmap2(fs, number, NULL, NULL, 0, logical, NULL, &block), 0);
	assert_true(block != 0);
	return block;
}

static void make_image(const char *type, uint32_t block_size)
{
	char script[1000];
	ext2_filsys fs;

	snprintf(script, sizeof(script),
		 "rm -rf fs tree; mkdir tree; for c in a b c d e f; do head -c %u /dev/zero | tr '\\0' $c; done >tree/data\n"
		 "mke2fs -q -F -t %s -b %u -O ^metadata_csum,^resize_inode -J size=4 -d tree fs 16M\n"
		 "debugfs -w -R 'feature needs_recovery' fs",
		 block_size, type, block_size);
	SH(script);
	if (image.fd > 0)
		close(image.fd);
	image.fd = open("fs", O_RDWR | O_CLOEXEC);
	assert_true(image.fd >= 0);
	assert_int_equal(bd_ext_open_fd(image.fd, 0, IMAGE_BYTES, &fs, &err), 0);
	image.block_size = block_size;
	image.length = 4 * (uint32_t)MIB / block_size;
	for (uint32_t i = 0; i < DATA_BLOCKS; i++)
		image.data[i] = place_of(fs, "/data", i);
	for (uint32_t i = 0; i < image.length; i++)
		image.log[i] = place_of(fs, NULL, i);
	bd_ext_close(&fs);
}

/* --- a log ---------------------------------------------------------------------------------------------------------- */

static bool has(uint32_t incompat)
{
	return image.format->incompat & incompat;
}

static bool has_checksums(void)
{
	return has(CSUM_V2 | CSUM_V3);
}

static void put_super(void)
{
	if (has_checksums()) {
		put_be32(image.super + 252, 0);
		put_be32(image.super + 252, ext2fs_crc32c_le(~0u, image.super, sizeof(image.super)));
	}
	write_at(image.log[0] * image.block_size, image.super, sizeof(image.super));
}

static void begin_log(const struct format *format, uint32_t start)
{
	image.format = format;
	image.at = start;
	image.sequence = SEQUENCE;
	image.commit_checksum = ~0u;
	memset(image.super, 0, sizeof(image.super));
	uint32_t fields[] = { 0xc03b3998u, format->kind, 0, image.block_size, image.length, 1, SEQUENCE, start };
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		put_be32(image.super + 4 * i, fields[i]);
	if (format->kind == 4) {
		put_be32(image.super + 36, format->compat);
		put_be32(image.super + 40, format->incompat);
		memset(image.super + 48, 0x77, 16);
		put_be32(image.super + 64, 1); /* users */
		image.super[80] = has_checksums() ? 4 : 0;
	}
	image.seed = ext2fs_crc32c_le(~0u, image.super + 48, 16);
	put_super();
}

static void log_block(const uint8_t *block)
{
	write_at(image.log[image.at] * image.block_size, block, image.block_size);
	if (++image.at == image.length)
		image.at = 1;
}

static void put_header(uint8_t *block, uint32_t kind)
{
	memset(block, 0, image.block_size);
	put_be32(block, 0xc03b3998u);
	put_be32(block + 4, kind);
	put_be32(block + 8, image.sequence);
}

static void put_tail(uint8_t *block)
{
	if (has_checksums())
		put_be32(block + image.block_size - 4, ext2fs_crc32c_le(image.seed, block, image.block_size));
}

struct change {
	blk64_t block;
	const char *begin; /* the block's first bytes; the others are the last of them */
};

static void fill(uint8_t *block, const char *begin)
{
	memset(block, begin[strlen(begin) - 1], image.block_size);
	memcpy(block, begin, strlen(begin));
}

static void log_changes(const struct change *changes, size_t count)
{
	uint8_t header[4096], data[4][4096], sequence[4], *tag = header + 12;

	put_header(header, 1);
	put_be32(sequence, image.sequence);
	for (size_t i = 0; i < count; i++) {
		unsigned flags = (i ? 2u : 0) | (i == count - 1 ? 8u : 0);
		fill(data[i], changes[i].begin);
		if (get_be32(data[i]) == 0xc03b3998u) {
			put_be32(data[i], 0);
			flags |= 1;
		}
		uint32_t sum = ext2fs_crc32c_le(ext2fs_crc32c_le(image.seed, sequence, 4), data[i], image.block_size);
		put_be32(tag, (uint32_t)changes[i].block);
		put_be16(tag + 6, (uint16_t)flags);
		if (has(WIDE | CSUM_V3))
			put_be32(tag + 8, (uint32_t)(changes[i].block >> 32));
		if (has(CSUM_V3))
			put_be32(tag + 12, sum);
		else if (has(CSUM_V2))
			put_be16(tag + 4, (uint16_t)sum);
		tag += has(CSUM_V3) ? 16 : (has(WIDE) ? 12 : 8) + (has(CSUM_V2) ? 2 : 0);
		if (!i)
			tag += 16; /* a UUID */
	}
	put_tail(header);
	image.commit_checksum = ext2fs_crc32_be(image.commit_checksum, header, image.block_size);
	log_block(header);
	for (size_t i = 0; i < count; i++) {
		image.commit_checksum = ext2fs_crc32_be(image.commit_checksum, data[i], image.block_size);
		log_block(data[i]);
	}
}

static void log_revoked(blk64_t revoked)
{
	uint8_t block[4096];
	size_t size = has(WIDE) ? 8 : 4;

	put_header(block, 5);
	put_be32(block + 12, (uint32_t)(16 + size));
	put_be32(block + 16 + size - 4, (uint32_t)revoked);
	put_tail(block);
	log_block(block);
}

static void log_commit(void)
{
	uint8_t block[4096];

	put_header(block, 2);
	put_be64(block + 48, 1000);
	if (image.format->compat) {
		block[12] = 1;
		block[13] = 4;
		put_be32(block + 16, image.commit_checksum);
	} else if (has_checksums()) {
		put_be32(block + 16, ext2fs_crc32c_le(image.seed, block, image.block_size));
	}
	log_block(block);
	image.sequence++;
	image.commit_checksum = ~0u;
}

#define CHANGES(...) \
	log_changes((struct change[]){ __VA_ARGS__ }, sizeof((struct change[]){ __VA_ARGS__ }) / sizeof(struct change))
#define MAGIC "\xc0\x3b\x39\x98"

static const char *const states[][DATA_BLOCKS] = {
	{ "a", "b", "c", "d", "e", "f" },
	{ "P", "Q", MAGIC "x", "d", "e", "f" },
	{ "R", "b", MAGIC "x", "d", "e", "f" },
	{ "R", "b", MAGIC "x", "d", "T", "f" },
};

/* Three transactions, and one that was not committed. After each of them it is as in states. */
static void write_log(const struct format *format, uint32_t start)
{
	const blk64_t *data = image.data;
	bool can_revoke = format->kind == 4;

	begin_log(format, start);
	CHANGES({ data[0], "P" }, { data[1], can_revoke ? "Q" : "b" }, { data[2], MAGIC "x" });
	log_commit();
	if (can_revoke)
		log_revoked(data[1]);
	CHANGES({ data[0], "R" });
	log_commit();
	CHANGES({ data[3], can_revoke ? "S" : "d" }, { data[4], "T" });
	if (can_revoke)
		log_revoked(data[3]);
	log_commit();
	CHANGES({ data[0], "X" }, { data[5], "Y" });
}

/* --- what is read --------------------------------------------------------------------------------------------------- */

static bool is_state(ext2_filsys fs, size_t state)
{
	uint8_t got[4096], expected[4096];

	for (size_t i = 0; i < DATA_BLOCKS; i++) {
		fill(expected, states[state][i]);
		assert_int_equal(io_channel_read_blk64(fs->io, image.data[i], 1, got), 0);
		if (memcmp(got, expected, image.block_size))
			return false;
	}
	return true;
}

static ext2_filsys open_replayed(struct bd_error *not_replayed)
{
	ext2_filsys fs;
	*not_replayed = (struct bd_error)BD_ERROR_INIT;
	if (bd_ext_open_fd_replayed(image.fd, 0, IMAGE_BYTES, &fs, not_replayed, &err) != 0)
		fail_msg("%s", err.message);
	return fs;
}

static void assert_state(size_t state)
{
	struct bd_error not_replayed;
	ext2_filsys fs = open_replayed(&not_replayed);
	if (bd_ext_state(fs) == BD_EXT_NOT_UNMOUNTED)
		fail_msg("%s: %s", image.format->name, not_replayed.message);
	if (!is_state(fs, state))
		fail_msg("%s: not as after transaction %zu", image.format->name, state);
	bd_ext_close(&fs);
}

static void assert_not_replayed(int number, const char *why)
{
	struct bd_error not_replayed;
	ext2_filsys fs = open_replayed(&not_replayed);
	assert_string_equal(not_replayed.message, why);
	assert_int_equal(not_replayed.code, number);
	assert_int_equal(bd_ext_state(fs), BD_EXT_NOT_UNMOUNTED);
	assert_null(bd_ext_fd_journal(fs));
	assert_true(is_state(fs, 0));
	bd_ext_close(&fs);
}

static void assert_e2fsck_agrees(void)
{
	int original = image.fd;
	ext2_filsys fs;

	SH("cp fs copy; e2fsck -fy -E journal_only copy || test $? -eq 1");
	image.fd = open("copy", O_RDONLY | O_CLOEXEC);
	assert_int_equal(bd_ext_open_fd(image.fd, 0, IMAGE_BYTES, &fs, &err), 0);
	if (!is_state(fs, 3))
		fail_msg("%s: e2fsck is of another opinion: %s", image.format->name, output);
	bd_ext_close(&fs);
	close(image.fd);
	image.fd = original;
}

static void every_format_is_read_as_e2fsck_replays_it(void **state)
{
	(void)state;
	for (uint32_t block_size = 1024; block_size <= 4096; block_size *= 4) {
		make_image("ext4", block_size);
		for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
			/* In the middle, and around the end of the journal, at each of the blocks. */
			write_log(&formats[i], 100);
			assert_state(3);
			assert_e2fsck_agrees();
			for (uint32_t before_end = 1; before_end < 12; before_end++) {
				write_log(&formats[i], image.length - before_end);
				assert_state(3);
			}
		}
	}
}

static void pieces_of_blocks_are_read_in_every_size(void **state)
{
	struct bd_error not_replayed;
	uint8_t got[3 * 4096], expected[3 * 4096];
	(void)state;

	make_image("ext4", 4096);
	write_log(checked, 100);
	ext2_filsys fs = open_replayed(&not_replayed);
	assert_int_equal(image.data[2], image.data[0] + 2);
	for (size_t i = 0; i < 3; i++)
		fill(expected + i * 4096, states[3][i]);
	assert_int_equal(io_channel_read_blk64(fs->io, image.data[0], 3, got), 0);
	assert_memory_equal(got, expected, sizeof(got));
	assert_int_equal(io_channel_read_blk64(fs->io, image.data[2], -3, got), 0);
	assert_memory_equal(got, MAGIC, 3);
	for (int size = 1; size <= 4096; size *= 2) {
		io_channel_set_blksize(fs->io, size);
		for (uint64_t at = 0; at < sizeof(expected); at += (uint64_t)size) {
			memset(got, 0, sizeof(got));
			assert_int_equal(io_channel_read_blk64(fs->io, (image.data[0] * 4096 + at) / (uint64_t)size, 1, got),
					 0);
			assert_memory_equal(got, expected + at, (size_t)size);
		}
	}
	bd_ext_close(&fs);
}

/* --- damage --------------------------------------------------------------------------------------------------------- */

static void a_superblock_that_lies_is_refused(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
		int number;
		const char *why;
	} lies[] = {
		{ 0, 1, EIO, "the journal's superblock is damaged" },
		{ 4, 2, EIO, "the journal's superblock is damaged" },
		{ 12, 512, EIO, "the journal's superblock is damaged" },
		{ 16, 0, EIO, "the journal's superblock is damaged" },
		{ 16, 0xffffffffu, EIO, "the journal's superblock is damaged" },
		{ 20, 0, EIO, "the journal's superblock is damaged" },
		{ 20, 0xffffffffu, EIO, "the journal's superblock is damaged" },
		{ 28, 0xffffffffu, EIO, "the journal's superblock is damaged" },
		{ 28, 4096, EIO, "the journal's superblock is damaged" },
		{ 40, 0x81, ENOTSUP, "the journal has unknown features (0x80)" },
		{ 44, 4, ENOTSUP, "the journal has unknown features (0x4)" },
		{ 40, 0x11, EIO, "the checksum of the journal's superblock is wrong" },
	};
	(void)state;

	make_image("ext4", 1024);
	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		write_log(plain, 100);
		put_be32(image.super + lies[i].at, lies[i].value);
		put_super();
		assert_not_replayed(lies[i].number, lies[i].why);
	}
}

static void blocks_outside_the_filesystem_are_refused(void **state)
{
	static const blk64_t outside[] = { 0, 16384, 0xffffffff, 0x100000400, 0xffffffffffffffff };
	(void)state;

	make_image("ext4", 1024);
	for (size_t i = 0; i < sizeof(outside) / sizeof(*outside); i++) {
		begin_log(checked, 100);
		CHANGES({ outside[i], "P" }, { image.data[0], "Q" });
		log_commit();
		assert_not_replayed(EIO, "the journal is damaged");
	}
}

static void a_revoke_block_that_is_longer_than_a_block_is_refused(void **state)
{
	uint8_t length[4];
	(void)state;

	make_image("ext4", 1024);
	begin_log(plain, 100);
	log_revoked(image.data[0]);
	put_be32(length, 0xffffffffu);
	write_at(image.log[100] * 1024 + 12, length, sizeof(length));
	CHANGES({ image.data[1], "P" });
	log_commit();
	assert_not_replayed(EIO, "the journal is damaged");
}

/* One that never ends is read once around. */
static void a_log_without_an_end_ends(void **state)
{
	uint8_t block[4096];
	(void)state;

	make_image("ext4", 1024);
	begin_log(plain, 100);
	for (uint32_t i = 1; i < image.length; i++) {
		put_header(block, i % 2 ? 1 : 5);
		log_block(block);
	}
	assert_state(0);
	begin_log(plain, 100);
	for (uint32_t i = 1; i < image.length; i++)
		log_commit();
	assert_state(0);
}

static void a_journal_inode_that_lies_is_refused(void **state)
{
	(void)state;
	make_image("ext3", 1024);
	write_log(plain, 100);
	SH("debugfs -w -R 'sif <8> block[IND] 0' fs");
	assert_not_replayed(EIO, "the journal is damaged");
	SH("debugfs -w -R 'sif <8> block[0] 4000000000' fs");
	assert_not_replayed(EIO, "the journal is damaged");
	make_image("ext3", 1024);
	write_log(plain, 100);
	SH("debugfs -w -R 'sif <8> size 50000' fs");
	assert_not_replayed(EIO, "the journal's superblock is damaged");
	SH("debugfs -w -R 'ssv journal_inum 0' fs");
	assert_not_replayed(ENOTSUP, "the journal is on another device");
}

/* With checksums, what is read is as after one of the transactions; without them, it ends. */
static void flipped_bits_are_seen(void **state)
{
	uint32_t random = 20261129, replayed = 0;
	(void)state;

	make_image("ext4", 1024);
	for (unsigned i = 0; i < 3000; i++) {
		const struct format *format = i % 3 ? checked : &formats[i / 3 % 9];
		write_log(format, 100);
		for (unsigned flips = 0; flips < 1 + i % 4; flips++) {
			uint32_t dice[3];
			for (size_t d = 0; d < 3; d++)
				dice[d] = (random = random * 1664525 + 1013904223) >> 8;
			/* The superblock, or one of the log's, and often how it begins. */
			uint64_t at = image.log[dice[0] % 4 ? 100 + dice[0] / 4 % 18 : 0] * 1024 +
				      dice[1] % (dice[2] & 8 ? 96 : 1024);
			uint8_t byte;
			assert_int_equal(pread(image.fd, &byte, 1, (off_t)at), 1);
			byte ^= (uint8_t)(1u << dice[2] % 8);
			write_at(at, &byte, 1);
		}
		struct bd_error not_replayed;
		ext2_filsys fs = open_replayed(&not_replayed);
		bool is_replayed = bd_ext_state(fs) != BD_EXT_NOT_UNMOUNTED;
		assert_true(is_replayed || *not_replayed.message);
		if (format == checked && !(is_replayed ? is_state(fs, 0) || is_state(fs, 1) || is_state(fs, 2) ||
								 is_state(fs, 3)
						       : is_state(fs, 0)))
			fail_msg("round %u: what is read was never there", i);
		replayed += format == checked && is_replayed;
		bd_ext_close(&fs);
	}
	assert_in_range(replayed, 100, 1900);
}

int main(void)
{
#define FACT(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)
	const struct CMUnitTest tests[] = {
		FACT(every_format_is_read_as_e2fsck_replays_it),
		FACT(pieces_of_blocks_are_read_in_every_size),
		FACT(a_superblock_that_lies_is_refused),
		FACT(blocks_outside_the_filesystem_are_refused),
		FACT(a_revoke_block_that_is_longer_than_a_block_is_refused),
		FACT(a_log_without_an_end_ends),
		FACT(a_journal_inode_that_lies_is_refused),
		FACT(flipped_bits_are_seen),
	};
	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
