/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about disk/swap.h. The goldens are made by mkswap (util-linux). */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/process/run.h"
#include "disk/swap.h"

static const char uuid_text[] = "5e1f6a2b-0c3d-4e5f-8a9b-1c2d3e4f5a6b";
static const uint8_t uuid[16] = { 0x5e, 0x1f, 0x6a, 0x2b, 0x0c, 0x3d, 0x4e, 0x5f,
				  0x8a, 0x9b, 0x1c, 0x2d, 0x3e, 0x4f, 0x5a, 0x6b };

static void mkswap_page(uint64_t size, uint8_t page_out[4096])
{
	char path[] = "/tmp/xen-bigdisk-test-swap-XXXXXX", output[2048];
	const char *argv[] = { "mkswap", "-p", "4096", "-U", uuid_text, path, NULL };
	struct bd_error err = BD_ERROR_INIT;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	int r = bd_run(&(struct bd_run){ .argv = argv, .output = output, .output_size = sizeof(output) }, &err);
	ssize_t got = pread(fd, page_out, 4096, 0);
	close(fd);
	unlink(path);
	if (r != 0)
		fail_msg("%s", err.message);
	assert_int_equal(got, 4096);
}

static void the_page_is_byte_for_byte_that_of_mkswap(void **state)
{
	static const uint64_t sizes[] = { 1 << 20,	   8 << 20,	     33ull * 16065 * 512, 16065 * 512,
					  (8 << 20) + 512, (8 << 20) + 3584, 1ull << 32,	  3ull << 38 };
	struct bd_error err = BD_ERROR_INIT;
	char path[4096];

	(void)state;
	if (bd_find_program("mkswap", path, sizeof(path), &err) != 0) {
		print_message("mkswap is not installed\n");
		skip();
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		uint8_t theirs[4096], ours[4096];
		mkswap_page(sizes[i], theirs);
		memset(ours, 0xee, sizeof(ours));
		bd_swap_encode(sizes[i], uuid, ours);
		for (unsigned at = 0; at < 4096; at++)
			if (ours[at] != theirs[at])
				fail_msg("%llu bytes: byte %u is %02x, mkswap writes %02x",
					 (unsigned long long)sizes[i], at, ours[at], theirs[at]);
	}
}

static void the_last_page_is_counted_in_whole_pages(void **state)
{
	uint8_t page[4096];

	(void)state;
	bd_swap_encode((1 << 20) + 4095, uuid, page);
	assert_int_equal(get_le32(page + 1024), 1);
	assert_int_equal(get_le32(page + 1028), 255);
	assert_memory_equal(page + 4086, "SWAPSPACE2", 10);
	assert_memory_equal(page + 1036, uuid, 16);
}

static void an_area_that_is_there_tells_its_uuid(void **state)
{
	uint8_t page[4096], found[16] = { 0 };

	(void)state;
	bd_swap_encode(1 << 20, uuid, page);
	assert_true(bd_swap_uuid(page, found));
	assert_memory_equal(found, uuid, sizeof(found));
	memcpy(page + 4086, "S1SUSPEND\0", 10);
	assert_false(bd_swap_uuid(page, found));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_page_is_byte_for_byte_that_of_mkswap),
		cmocka_unit_test(the_last_page_is_counted_in_whole_pages),
		cmocka_unit_test(an_area_that_is_there_tells_its_uuid),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
