/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about kernel/probe.h: as what a kernel can be started, and whether it has the disk driver, packed and not. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernel/probe.h"
#include "kernel_checks.h"

static int file_of(const struct bytes *bytes)
{
	FILE *file = tmpfile();
	int fd;

	assert_non_null(file);
	assert_int_equal(fwrite(bytes->data, 1, bytes->size, file), bytes->size);
	assert_int_equal(fflush(file), 0);
	fd = dup(fileno(file));
	fclose(file);
	return fd;
}

static int probe(const struct bytes *bytes, struct bd_kernel_probe *probe_out, struct bd_error *err)
{
	int fd = file_of(bytes), r = bd_kernel_probe(fd, probe_out, err);

	close(fd);
	return r;
}

static void check(const struct bytes *bytes, bool pv, bool pvh, bool has_driver)
{
	struct bd_error err = BD_ERROR_INIT;
	struct bd_kernel_probe found;

	if (probe(bytes, &found, &err) != 0)
		fail_msg("%s", err.message);
	assert_int_equal(found.pv, pv);
	assert_int_equal(found.pvh, pvh);
	assert_int_equal(found.has_disk_driver, has_driver);
}

static struct bytes kernel(bool pv, bool pvh, size_t mark_at)
{
	struct bytes elf = make_elf(400000, pv, pvh);

	if (mark_at)
		memcpy(elf.data + mark_at, "xen_blkfront.max", 16);
	return elf;
}

static void each_kind_is_told_from_its_notes(void **state)
{
	(void)state;
	for (int kind = 0; kind < 4; kind++) {
		struct bytes elf = kernel(kind & 1, kind & 2, 0);
		struct bytes image = make_bzimage(elf.data, elf.size, false, 0);
		check(&elf, kind & 1, kind & 2, false);
		check(&image, kind & 1, kind & 2, false);
		free(elf.data);
		free(image.data);
	}
}

/* Also where it lies over the border of two pieces. */
static void a_driver_that_is_built_in_is_found_wherever_it_is(void **state)
{
	static const size_t places[] = { 0x2000, BD_KERNEL_COPY_BYTES - 5, BD_KERNEL_COPY_BYTES - 1, 400000 - 16 };

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		struct bytes elf = kernel(true, true, places[i]);
		struct bytes image = make_bzimage(elf.data, elf.size, false, 0);
		check(&elf, true, true, true);
		check(&image, true, true, true);
		free(elf.data);
		free(image.data);
	}
}

static void what_is_no_kernel_or_is_cut_off_is_none(void **state)
{
	struct bytes elf = kernel(true, true, 0x2000), image = make_bzimage(elf.data, elf.size, false, 0);
	struct bytes nothing = { .size = 0 }, text = bytes_new(5000);
	struct bytes *const bad[] = { &nothing, &text, &image, &elf };
	struct bd_error err = BD_ERROR_INIT;
	struct bd_kernel_probe found;

	(void)state;
	image.size = 2000;
	elf.size = ELF_NOTES_AT + 8;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(probe(bad[i], &found, &err), -1);
		assert_int_equal(err.code, ENOEXEC);
	}
	free(elf.data);
	free(image.data);
	free(text.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_told_from_its_notes),
		cmocka_unit_test(a_driver_that_is_built_in_is_found_wherever_it_is),
		cmocka_unit_test(what_is_no_kernel_or_is_cut_off_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
