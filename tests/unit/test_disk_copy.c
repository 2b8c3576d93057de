/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about disk/copy.h and disk/use/in_use.h. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "disk/copy.h"
#include "disk/use/in_use.h"
#include "folder_checks.h"

#define MIB (1024 * 1024)

static int make(const char *path)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	return fd;
}

static uint64_t told;

static void tell(uint64_t bytes_done)
{
	told = bytes_done;
}

/* A hole, 1 MiB of data, a hole, some bytes, a hole at the end. */
static void content_is_copied_and_holes_stay_holes(void **state)
{
	const char *const argv[] = { "cmp", "from", "to", NULL };
	static char data[MIB];
	struct stat source, copy;
	int from = make("from"), to = make("to");

	(void)state;
	memset(data, 'x', sizeof(data));
	assert_int_equal(pwrite(from, data, sizeof(data), 5 * MIB), sizeof(data));
	assert_int_equal(pwrite(from, "end", 3, 40 * MIB + 77), 3);
	assert_int_equal(ftruncate(from, 64 * MIB + 5), 0);
	if (bd_disk_copy(from, to, tell, &err) != 0)
		fail_msg("%s", err.message);
	assert_int_equal(bd_run(&(struct bd_run){ .argv = argv }, &err), 0);
	assert_int_equal(fsync(to), 0);
	assert_int_equal(fstat(from, &source), 0);
	assert_int_equal(fstat(to, &copy), 0);
	assert_int_equal(source.st_size, copy.st_size);
	assert_true(copy.st_blocks * 512 < 2 * MIB);
	close(from);
	close(to);
}

static void an_empty_file_and_one_hole_are_copied(void **state)
{
	struct stat copy;

	(void)state;
	for (off_t size = 0; size <= 8 * MIB; size += 8 * MIB) {
		int from = make("from"), to = make("to");
		assert_int_equal(ftruncate(from, size), 0);
		assert_int_equal(bd_disk_copy(from, to, NULL, &err), 0);
		assert_int_equal(fstat(to, &copy), 0);
		assert_int_equal(copy.st_size, size);
		assert_int_equal(copy.st_blocks, 0);
		close(from);
		close(to);
	}
}

/* It is a disk of that size, and stays one if the copy ends half-way. */
static void a_larger_file_keeps_its_size(void **state)
{
	struct stat copy;
	int from = make("from"), to = make("to");
	char read_back[3];

	(void)state;
	assert_int_equal(ftruncate(from, 4 * MIB), 0);
	assert_int_equal(pwrite(from, "end", 3, 4 * MIB - 3), 3);
	assert_int_equal(ftruncate(to, 8 * MIB), 0);
	assert_int_equal(bd_disk_copy(from, to, NULL, &err), 0);
	assert_int_equal(fstat(to, &copy), 0);
	assert_int_equal(copy.st_size, 8 * MIB);
	assert_int_equal(pread(to, read_back, 3, 4 * MIB - 3), 3);
	assert_memory_equal(read_back, "end", 3);
	close(from);
	close(to);
}

static void a_file_that_somebody_writes_to_is_in_use(void **state)
{
	int writer = make("disk"), reader = open("disk", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_int_equal(bd_disk_check_unused(reader, &err), -1);
	assert_int_equal(err.code, EBUSY);
	close(writer);
	assert_int_equal(bd_disk_check_unused(reader, &err), 0);
	/* It holds nobody up afterwards: else this would be answered by SIGIO. */
	writer = open("disk", O_WRONLY | O_CLOEXEC);
	assert_true(writer >= 0);
	close(writer);
	close(reader);
}

int main(void)
{
#define FACT(name) cmocka_unit_test_setup_teardown(name, enter_folder, leave_folder)
	const struct CMUnitTest tests[] = {
		FACT(content_is_copied_and_holes_stay_holes),
		FACT(an_empty_file_and_one_hole_are_copied),
		FACT(a_larger_file_keeps_its_size),
		FACT(a_file_that_somebody_writes_to_is_in_use),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
