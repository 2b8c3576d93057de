/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about kernel/initrds.h and kernel/stream.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "kernel/initrds.h"
#include "kernel_checks.h"

#define NO_LIMIT UINT64_MAX

static struct bytes make(const char *text)
{
	struct bytes bytes = bytes_new(strlen(text));

	memcpy(bytes.data, text, bytes.size);
	return bytes;
}

static void check_joined(const char *const *texts, size_t count, const char *expected, size_t expected_size)
{
	struct bytes files[4], out = bytes_new(0);
	struct bd_kernel_source sources[4];
	struct bd_kernel_sink sink = bytes_sink(&out);
	struct bd_error err = BD_ERROR_INIT;
	uint64_t size;

	for (size_t i = 0; i < count; i++) {
		files[i] = make(texts[i]);
		sources[i] = bytes_source(&files[i]);
	}
	assert_int_equal(bd_initrds_size(sources, count, NO_LIMIT, &size, &err), 0);
	assert_int_equal(size, expected_size);
	assert_int_equal(bd_initrds_join(sources, count, size, &sink, &err), 0);
	assert_int_equal(out.size, expected_size);
	assert_memory_equal(out.data, expected, expected_size);
	for (size_t i = 0; i < count; i++)
		free(files[i].data);
	free(out.data);
}

/* The layout of grub_initrd_init and grub_initrd_load. */
static void each_but_the_first_begins_at_a_multiple_of_four(void **state)
{
	(void)state;
	check_joined((const char *const[]){ "12345", "abcd", "xyz" }, 3, "12345\0\0\0abcdxyz", 15);
	check_joined((const char *const[]){ "1", "2", "3" }, 3, "1\0\0\0002\0\0\0003", 9);
	check_joined((const char *const[]){ "1234", "5678" }, 2, "12345678", 8);
	check_joined((const char *const[]){ "123", "", "4" }, 3, "123\0004", 5);
	check_joined((const char *const[]){ "123" }, 1, "123", 3);
	check_joined(NULL, 0, "", 0);
}

static void what_is_too_large_is_refused_before_anything_is_written(void **state)
{
	struct bytes one = make("12345"), other = make("678"), out = bytes_new(0);
	struct bd_kernel_source sources[] = { bytes_source(&one), bytes_source(&other) };
	struct bd_kernel_sink sink = bytes_sink(&out);
	struct bd_error err = BD_ERROR_INIT;

	(void)state;
	assert_int_equal(bd_initrds_join(sources, 2, 11, &sink, &err), 0);
	out.size = 0;
	assert_int_equal(bd_initrds_join(sources, 2, 10, &sink, &err), -1);
	assert_int_equal(err.code, EFBIG);
	assert_int_equal(out.size, 0);
	/* A sum beyond 64 bits. */
	sources[0].size_bytes = sources[1].size_bytes = UINT64_MAX - 1;
	assert_int_equal(bd_initrds_join(sources, 2, NO_LIMIT, &sink, &err), -1);
	assert_int_equal(err.code, EFBIG);
	assert_int_equal(out.size, 0);
	free(one.data);
	free(other.data);
	free(out.data);
}

static void a_file_that_ends_before_its_size_is_an_error(void **state)
{
	char path[] = "/tmp/xen-bigdisk-test-initrds-XXXXXX";
	int fd = mkstemp(path);
	struct bytes out = bytes_new(0);
	struct bd_kernel_sink sink = bytes_sink(&out);
	struct bd_error err = BD_ERROR_INIT;

	(void)state;
	unlink(path);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 1000), 0);
	struct bd_kernel_source source = bd_kernel_source_fd(fd, 1001);
	assert_int_equal(bd_initrds_join(&source, 1, NO_LIMIT, &sink, &err), -1);
	assert_int_equal(err.code, EINVAL);
	close(fd);
	free(out.data);
}

/* More than is copied at once, in small reads. */
static void descriptors_and_parts_are_copied_whole(void **state)
{
	char path[] = "/tmp/xen-bigdisk-test-initrds-XXXXXX", copy[] = "/tmp/xen-bigdisk-test-initrds-XXXXXX";
	int fd = mkstemp(path), copy_fd = mkstemp(copy);
	struct bytes whole = make_elf(300001, true, true);
	struct bd_kernel_source sources[2], file, memory = bytes_source(&whole);
	struct bd_kernel_sink sink = bd_kernel_sink_fd(copy_fd);
	struct bd_error err = BD_ERROR_INIT;

	(void)state;
	assert_true(fd >= 0 && copy_fd >= 0);
	bytes_save(&whole, path);
	whole.piece = 777;
	file = bd_kernel_source_fd(fd, whole.size);
	assert_int_equal(bd_kernel_source_part(&file, 5, 200001, &sources[0], &err), 0);
	assert_int_equal(bd_kernel_source_part(&memory, 100000, 200001, &sources[1], &err), 0);
	assert_int_equal(bd_initrds_join(sources, 2, NO_LIMIT, &sink, &err), 0);
	struct bytes joined = bytes_load(copy);
	assert_int_equal(joined.size, 400005);
	assert_memory_equal(joined.data, whole.data + 5, 200001);
	assert_memory_equal(joined.data + 200001, "\0\0\0", 3);
	assert_memory_equal(joined.data + 200004, whole.data + 100000, 200001);
	unlink(path);
	unlink(copy);
	close(fd);
	close(copy_fd);
	free(joined.data);
	free(whole.data);
}

static void a_part_is_within_its_whole(void **state)
{
	struct bytes whole = make("0123456789");
	struct bd_kernel_source source = bytes_source(&whole), part;
	struct bd_error err = BD_ERROR_INIT;
	char text[4];

	(void)state;
	assert_int_equal(bd_kernel_source_part(&source, 7, 3, &part, &err), 0);
	assert_int_equal(bd_kernel_read_at(&part, 0, text, 3, &err), 0);
	assert_memory_equal(text, "789", 3);
	assert_int_equal(bd_kernel_read_at(&part, 1, text, 3, &err), -1);
	assert_int_equal(err.code, EINVAL);
	assert_int_equal(bd_kernel_source_part(&source, 10, 0, &part, &err), 0);
	assert_int_equal(bd_kernel_source_part(&source, 7, 4, &part, &err), -1);
	assert_int_equal(bd_kernel_source_part(&source, 11, 0, &part, &err), -1);
	assert_int_equal(bd_kernel_source_part(&source, 2, UINT64_MAX, &part, &err), -1);
	assert_int_equal(err.code, EINVAL);
	free(whole.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_but_the_first_begins_at_a_multiple_of_four),
		cmocka_unit_test(what_is_too_large_is_refused_before_anything_is_written),
		cmocka_unit_test(a_file_that_ends_before_its_size_is_an_error),
		cmocka_unit_test(descriptors_and_parts_are_copied_whole),
		cmocka_unit_test(a_part_is_within_its_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
