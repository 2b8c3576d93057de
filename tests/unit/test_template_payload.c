/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which kernels GRUB in a PV guest can unpack. The headers are of the form that the kernel's boot protocol describes. */
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
#include "kernel/needs.h"

/* A bzImage with two setup sectors and a payload that begins with magic, 64 bytes into the protected-mode part. */
static int check(const char *magic, size_t length, uint16_t version, struct bd_error *err)
{
	uint8_t image[4096] = { [0x1f1] = 2 };
	char path[] = "/tmp/bd-payload-XXXXXX";
	int fd = mkstemp(path);

	memcpy(image + 0x202, "HdrS", 4);
	put_le16(image + 0x206, version);
	put_le32(image + 0x248, 64);
	memcpy(image + 3 * 512 + 64, magic, length);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, image, sizeof(image)), sizeof(image));
	close(fd);
	int r = bd_kernel_check_pv_grub(path, err);
	unlink(path);
	return r;
}

static void gzip_xz_lzo_and_plain_elf_are_taken(void **state)
{
	static const char *const magics[] = { "\x1f\x8b\x08",
					      "\xfd"
					      "7zXZ",
					      "\x89"
					      "LZO",
					      "\x7f"
					      "ELF" };
	struct bd_error err = BD_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(magics) / sizeof(*magics); i++)
		assert_int_equal(check(magics[i], strlen(magics[i]), 0x20f, &err), 0);
}

static void zstd_is_refused_by_name_with_the_ways_out(void **state)
{
	struct bd_error err = BD_ERROR_INIT;

	(void)state;
	assert_int_equal(check("\x28\xb5\x2f\xfd", 4, 0x20f, &err), -1);
	assert_non_null(strstr(err.message, "zstd"));
	assert_non_null(strstr(err.message, "use the type pvh"));
	assert_int_equal(check("\x02\x21\x4c\x18", 4, 0x20f, &err), -1);
	assert_non_null(strstr(err.message, "LZ4"));
}

static void what_is_no_bzimage_of_today_is_left_to_grub(void **state)
{
	struct bd_error err = BD_ERROR_INIT;

	(void)state;
	assert_int_equal(check("\x28\xb5\x2f\xfd", 4, 0x207, &err), 0);
	assert_int_equal(bd_kernel_check_pv_grub("/dev/null", &err), 0);
	assert_int_equal(bd_kernel_check_pv_grub("/nonexistent", &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gzip_xz_lzo_and_plain_elf_are_taken),
		cmocka_unit_test(zstd_is_refused_by_name_with_the_ways_out),
		cmocka_unit_test(what_is_no_bzimage_of_today_is_left_to_grub),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
