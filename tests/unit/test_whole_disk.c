/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about template/disk/: what of a disk is copied, and that its checksums find any damage. The checksums are compared with
 * those of b2sum. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "template/disk/seal.h"

#define MIB (1u << 20)
#define DISK_BYTES (5 * MIB + 512)

static struct bd_error err;

struct world {
	int from_fd, to_fd, sums_fd;
	struct bd_sealed_disk sealed;
};

static int scratch(void)
{
	int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	return fd;
}

static void put(int fd, uint64_t at, const char *text)
{
	assert_int_equal(bd_pwrite_all(fd, text, strlen(text), at, "it", &err), 0);
}

/* Data at the beginning, across the border of the third and the fourth MiB, and in the last sector; zeros that are written in the second. */
static int seal(void **state)
{
	static struct world world;
	static const uint8_t zeros[MIB];

	world = (struct world){ .from_fd = scratch(), .to_fd = scratch(), .sums_fd = -1 };
	assert_int_equal(ftruncate(world.from_fd, DISK_BYTES), 0);
	put(world.from_fd, 0, "begin");
	assert_int_equal(bd_pwrite_all(world.from_fd, zeros, sizeof(zeros), MIB, "it", &err), 0);
	put(world.from_fd, 3 * MIB - 3, "border");
	put(world.from_fd, DISK_BYTES - 3, "end");
	if (bd_disk_seal(world.from_fd, world.to_fd, DISK_BYTES, UINT64_MAX, NULL, &world.sealed, &err) != 0)
		fail_msg("%s", err.message);
	*state = &world;
	return 0;
}

static int dispose(void **state)
{
	struct world *world = *state;

	bd_disk_sums_dispose(&world->sealed.sums);
	close(world->from_fd);
	close(world->to_fd);
	return 0;
}

static void the_copy_is_the_disk_without_its_zeros(void **state)
{
	struct world *world = *state;
	BD_FREE char *from = malloc(DISK_BYTES), *to = malloc(DISK_BYTES);
	struct stat there;

	assert_int_equal(fstat(world->to_fd, &there), 0);
	assert_int_equal(there.st_size, DISK_BYTES);
	assert_int_equal(bd_pread_full(world->from_fd, from, DISK_BYTES, 0), DISK_BYTES);
	assert_int_equal(bd_pread_full(world->to_fd, to, DISK_BYTES, 0), DISK_BYTES);
	assert_memory_equal(from, to, DISK_BYTES);
	/* Four blocks, of which the last is one sector of the disk. */
	assert_int_equal(world->sealed.data_bytes, 3 * 4096 + 512);
	assert_true(there.st_blocks * 512 <= 4 * 4096);
}

static void only_what_has_data_has_a_checksum(void **state)
{
	static const uint64_t pieces[] = { 0, 2, 3, 5 };
	const struct world *world = *state;

	assert_int_equal(world->sealed.sums.count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(world->sealed.sums.items[i].piece, pieces[i]);
}

static void a_checksum_is_what_b2sum_prints(void **state)
{
	const struct world *world = *state;
	char command[200], line[100] = "", ours[65];

	snprintf(command, sizeof(command),
		 "dd if=/proc/%ld/fd/%d bs=1M count=1 status=none | b2sum -l 256 | cut -d' ' -f1", (long)getpid(),
		 world->to_fd);
	FILE *pipe = popen(command, "r");
	assert_non_null(fgets(line, sizeof(line), pipe));
	pclose(pipe);
	line[64] = '\0';
	for (size_t i = 0; i < 32; i++)
		snprintf(ours + 2 * i, 3, "%02x", world->sealed.sums.items[0].digest[i]);
	assert_string_equal(ours, line);
}

static void the_checksums_are_written_and_read_again(void **state)
{
	const struct world *world = *state;
	BD_DISPOSE(bd_disk_sums_dispose) struct bd_disk_sums read = { 0 };
	BD_FREE uint8_t *text = NULL;
	BD_CLOSE int fd = scratch();
	size_t size;

	assert_int_equal(bd_disk_sums_encode(&world->sealed.sums, &text, &size, &err), 0);
	assert_int_equal(size, 32 + 4 * 40);
	assert_int_equal(bd_pwrite_all(fd, text, size, 0, "it", &err), 0);
	assert_int_equal(bd_disk_sums_read(fd, &read, &err), 0);
	assert_int_equal(read.disk_bytes, DISK_BYTES);
	assert_int_equal(read.count, 4);
	assert_memory_equal(read.items, world->sealed.sums.items, 4 * sizeof(*read.items));
	assert_int_equal(bd_disk_sums_verify(&read, world->to_fd, NULL, &err), 0);
}

static void what_is_no_list_of_checksums_is_refused(void **state)
{
	const struct world *world = *state;
	BD_FREE uint8_t *text = NULL;
	size_t size;

	assert_int_equal(bd_disk_sums_encode(&world->sealed.sums, &text, &size, &err), 0);
	/* Each byte of the head matters, and the numbers of pieces ascend and lie on the disk. */
	for (size_t i = 0; i < 32 + 8; i++) {
		BD_DISPOSE(bd_disk_sums_dispose) struct bd_disk_sums read = { 0 };
		BD_CLOSE int fd = scratch();
		if (i >= 16 && i < 24)
			continue; /* the size of the disk, which the manifest says, too */
		text[i] ^= 0x80;
		assert_int_equal(bd_pwrite_all(fd, text, size, 0, "it", &err), 0);
		if (bd_disk_sums_read(fd, &read, &err) == 0)
			fail_msg("byte %zu", i);
		assert_int_equal(err.code, EINVAL);
		text[i] ^= 0x80;
	}
	for (size_t cut = 0; cut < size; cut += 7) {
		BD_DISPOSE(bd_disk_sums_dispose) struct bd_disk_sums read = { 0 };
		BD_CLOSE int fd = scratch();
		assert_int_equal(bd_pwrite_all(fd, text, cut, 0, "it", &err), 0);
		assert_int_equal(bd_disk_sums_read(fd, &read, &err), -1);
	}
}

static void damage_is_found_where_it_is(void **state)
{
	const struct world *world = *state;
	static const uint64_t places[] = { 0, MIB + 5, 3 * MIB - 1, 3 * MIB, 4 * MIB, DISK_BYTES - 1 };
	char was, other, expected[40];

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		assert_int_equal(bd_pread_full(world->to_fd, &was, 1, places[i]), 1);
		other = (char)(was ^ 1);
		assert_int_equal(bd_pwrite_all(world->to_fd, &other, 1, places[i], "it", &err), 0);
		assert_int_equal(bd_disk_sums_verify(&world->sealed.sums, world->to_fd, NULL, &err), -1);
		assert_int_equal(err.code, EINVAL);
		snprintf(expected, sizeof(expected), "from byte %llu on",
			 (unsigned long long)(places[i] / MIB * MIB));
		assert_non_null(strstr(err.message, expected));
		assert_int_equal(bd_pwrite_all(world->to_fd, &was, 1, places[i], "it", &err), 0);
	}
	assert_int_equal(bd_disk_sums_verify(&world->sealed.sums, world->to_fd, NULL, &err), 0);
}

static void a_hole_where_data_was_is_damage(void **state)
{
	const struct world *world = *state;

	assert_int_equal(
		fallocate(world->to_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 3 * MIB, MIB), 0);
	assert_int_equal(bd_disk_sums_verify(&world->sealed.sums, world->to_fd, NULL, &err), -1);
	assert_non_null(strstr(err.message, "from byte 3145728 on"));
}

static void more_data_than_allowed_is_refused(void **state)
{
	const struct world *world = *state;
	BD_DISPOSE(bd_disk_sums_dispose) struct bd_disk_sums sums = { 0 };
	struct bd_sealed_disk sealed;
	BD_CLOSE int fd = scratch();

	int r = bd_disk_seal(world->from_fd, fd, DISK_BYTES, 8192, NULL, &sealed, &err);
	sums = sealed.sums;
	assert_int_equal(r, -1);
	assert_int_equal(err.code, EFBIG);
	assert_non_null(strstr(err.message, "8 KiB"));
}

static void a_disk_that_has_become_shorter_is_refused(void **state)
{
	const struct world *world = *state;
	BD_DISPOSE(bd_disk_sums_dispose) struct bd_disk_sums sums = { 0 };
	struct bd_sealed_disk sealed;
	BD_CLOSE int fd = scratch();

	assert_int_equal(ftruncate(world->from_fd, 100), 0);
	int r = bd_disk_seal(world->from_fd, fd, DISK_BYTES, UINT64_MAX, NULL, &sealed, &err);
	sums = sealed.sums;
	/* A filesystem that shares blocks has copied it at once, as short as it is: it is filled up with zeros then. */
	if (r == 0)
		skip();
	assert_int_equal(err.code, EIO);
}

int main(void)
{
#define fact(name) cmocka_unit_test_setup_teardown(name, seal, dispose)
	const struct CMUnitTest tests[] = {
		fact(the_copy_is_the_disk_without_its_zeros),
		fact(only_what_has_data_has_a_checksum),
		fact(a_checksum_is_what_b2sum_prints),
		fact(the_checksums_are_written_and_read_again),
		fact(what_is_no_list_of_checksums_is_refused),
		fact(damage_is_found_where_it_is),
		fact(a_hole_where_data_was_is_damage),
		fact(more_data_than_allowed_is_refused),
		fact(a_disk_that_has_become_shorter_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
