/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about kernel/newc.h: what GNU cpio reads in what it makes, and that it is GRUB's, byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "folder_checks.h"
#include "kernel/initrds.h"
#include "kernel/newc.h"

struct member {
	const char *name, *content; /* name NULL: an initrd as it is */
};

static void put(FILE *out, const void *data, size_t size)
{
	if (size)
		assert_int_equal(fwrite(data, 1, size, out), size);
}

static void pad(FILE *out)
{
	put(out, "\0\0\0", (size_t)bd_initrds_padding((uint64_t)ftell(out)));
}

/* Members up to one that is nothing, into a file, as GRUB puts them together. */
static void make(const char *path, const struct member *members)
{
	struct bd_newc newc = { .count = 0 };
	char trailer[BD_NEWC_TRAILER_BYTES];
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	for (; members->content; members++) {
		BD_FREE char *header = NULL;
		size_t size = 0;
		pad(out);
		if (members->name) {
			assert_int_equal(
				bd_newc_add(&newc, members->name, strlen(members->content), &header, &size, &err), 0);
			assert_int_equal(size % 4, 0);
			put(out, header, size);
		} else if (newc.count) {
			bd_newc_end(&newc, trailer);
			put(out, trailer, sizeof(trailer));
		}
		put(out, members->content, strlen(members->content));
	}
	if (newc.count) {
		pad(out);
		bd_newc_end(&newc, trailer);
		put(out, trailer, sizeof(trailer));
	}
	assert_int_equal(fclose(out), 0);
}

#define MEMBERS(...) ((const struct member[]){ __VA_ARGS__, { NULL, NULL } })

#define PRINTS(script, expected) (SH(script), assert_string_equal(output, expected))

static void gnu_cpio_reads_it(void **state)
{
	(void)state;
	make("it",
	     MEMBERS({ "etc/a/one", "12345" }, { "etc/a/two", "" }, { "etc//a/b/three", "xyz\n" }, { "top", "t" }));
	PRINTS("cpio -it --quiet <it 2>&1", "etc\netc/a\netc/a/one\netc/a/two\netc//a/b\netc//a/b/three\ntop\n");
	PRINTS("mkdir x && cd x && cpio -i --quiet <../it 2>&1 && cat etc/a/one etc/a/b/three top && stat -c %s etc/a/two",
	       "12345xyz\nt0\n");
	/* root's, as in the header; whoever runs this cannot give them away. */
	PRINTS("cpio -itvn --quiet <it | awk '{ print $1, $3, $4 }' | LC_ALL=C sort -u",
	       "-rwxrwxrwx 0 0\ndrwxrwxrwx 0 0\n");
}

/* Whatever comes next ends it: an archive of its own follows, and so does a directory that it has not had yet. */
static void an_initrd_between_ends_the_archive(void **state)
{
	(void)state;
	make("first", MEMBERS({ "d/a", "12345" }));
	make("second", MEMBERS({ "d/b", "1" }));
	make("all", MEMBERS({ "d/a", "12345" }, { NULL, "an initrd" }, { "d/b", "1" }));
	PRINTS("{ cat first; printf 'an initrd\\0\\0\\0'; cat second; } | cmp - all && echo the same", "the same\n");
	make("last", MEMBERS({ NULL, "12345" }, { "d/b", "1" }, { NULL, "67" }));
	PRINTS("{ printf '12345\\0\\0\\0'; cat second; printf 67; } | cmp - last && echo the same", "the same\n");
}

/* The bytes that grub-core/loader/linux.c writes: make_header with 0 for what is not said here. */
static void headers_are_those_of_grub(void **state)
{
	static const char expected[] = "070701"
				       "00000000"
				       "000041ff"
				       "00000000"
				       "00000000"
				       "00000001"
				       "00000000"
				       "00000000"
				       "00000000"
				       "00000000"
				       "00000000"
				       "00000000"
				       "00000002"
				       "00000000"
				       "d\0"
				       "070701"
				       "00000000"
				       "000081ff"
				       "00000000"
				       "00000000"
				       "00000001"
				       "00000000"
				       "0000001f"
				       "00000000"
				       "00000000"
				       "00000000"
				       "00000000"
				       "00000005"
				       "00000000"
				       "d/ab\0";
	struct bd_newc newc = { .count = 0 };
	BD_FREE char *header = NULL;
	size_t size;

	(void)state;
	assert_int_equal(bd_newc_add(&newc, "d/ab", 31, &header, &size, &err), 0);
	assert_int_equal(size, sizeof(expected));
	assert_memory_equal(header, expected, size);
}

static void what_the_format_has_no_room_for_is_refused(void **state)
{
	char name[BD_NEWC_NAME_MAX + 2];
	struct bd_newc newc = { .count = 0 };
	char *header;
	size_t size;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(bd_newc_add(&newc, name, 1, &header, &size, &err), -1);
	assert_int_equal(err.code, E2BIG);
	assert_int_equal(bd_newc_add(&newc, "n", UINT64_C(1) << 32, &header, &size, &err), -1);
	assert_int_equal(err.code, EFBIG);
	assert_int_equal(newc.count, 0);
	for (size_t i = 0; i < BD_NEWC_MEMBERS_MAX; i++) {
		assert_int_equal(bd_newc_add(&newc, name + 1, UINT32_MAX, &header, &size, &err), 0);
		free(header);
	}
	assert_int_equal(bd_newc_add(&newc, "n", 1, &header, &size, &err), -1);
	assert_string_equal(err.message, "an initrd has more than 32 parts");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(gnu_cpio_reads_it, enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(an_initrd_between_ends_the_archive, enter_folder, leave_folder),
		cmocka_unit_test(headers_are_those_of_grub),
		cmocka_unit_test(what_the_format_has_no_room_for_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
