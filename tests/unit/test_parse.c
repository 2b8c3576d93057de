/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about base/parse.h: sizes, numbers and UUIDs as people write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/parse.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define KIB 1024ull
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define TIB (1024 * GIB)

static void sizes_are_binary(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} rows[] = {
		{ "0", 0 },
		{ "1", 1 },
		{ "4096", 4096 },
		{ "007", 7 },
		{ "512B", 512 },
		{ "64K", 64 * KIB },
		{ "64k", 64 * KIB },
		{ "64KB", 64 * KIB },
		{ "64KiB", 64 * KIB },
		{ "64kib", 64 * KIB },
		{ "3950M", 3950 * MIB },
		{ "4G", 4 * GIB },
		{ "4g", 4 * GIB },
		{ "1.5G", GIB + GIB / 2 },
		{ "0.25K", 256 },
		{ "1.0G", GIB },
		{ "2T", 2 * TIB },
		{ "2TiB", 2 * TIB },
		{ "1.5T", TIB + TIB / 2 },
		{ "1P", 1024 * TIB },
		{ "18446744073709551615", UINT64_MAX },
		{ "16777215T", 16777215 * TIB },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bd_error err = BD_ERROR_INIT;
		uint64_t bytes = 42;
		if (bd_parse_size(rows[i].text, "--size", &bytes, &err) != 0)
			fail_msg("\"%s\" was refused: %s", rows[i].text, err.message);
		if (bytes != rows[i].bytes)
			fail_msg("\"%s\" gave %llu", rows[i].text, (unsigned long long)bytes);
	}
}

static void what_is_no_size_is_wrong_usage_and_named(void **state)
{
	static const char *const rows[] = {
		"",
		" ",
		" 4G",
		"4G ",
		"4 G",
		"-1",
		"+4G",
		"4GG",
		"4X",
		"G",
		"4.G",
		".5G",
		"4.",
		"1.5",
		"0x10",
		"4G\n",
		"1e9",
		"4,5G",
		"4Gib4",
		"4iB",
		"1..5G",
		"1.5.5G",
		"18446744073709551616",
		"16777216T",
		"18014398509481984K",
		"99999999999999999999999999G",
		"16384P",
		"inf",
		"nan",
		"\xc3\xa9",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bd_error err = BD_ERROR_INIT;
		uint64_t bytes = 42;
		if (bd_parse_size(rows[i], "--size", &bytes, &err) != -1)
			fail_msg("\"%s\" was taken as %llu", rows[i], (unsigned long long)bytes);
		assert_int_equal(err.code, BD_EUSAGE);
		assert_memory_equal(err.message, "--size: ", 8);
		assert_int_equal(bytes, 42);
	}
}

static void numbers_lie_between_their_limits(void **state)
{
	static const struct {
		const char *text;
		int r;
		uint64_t value;
	} rows[] = {
		{ "1", 0, 1 },	 { "512", 0, 512 }, { "08", 0, 8 },
		{ "0", -1, 0 },	 { "513", -1, 0 },  { "", -1, 0 },
		{ "-1", -1, 0 }, { "+1", -1, 0 },   { " 1", -1, 0 },
		{ "1 ", -1, 0 }, { "1.0", -1, 0 },  { "0x1", -1, 0 },
		{ "1k", -1, 0 }, { "a", -1, 0 },    { "18446744073709551617", -1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bd_error err = BD_ERROR_INIT;
		uint64_t value = 42;
		if (bd_parse_uint(rows[i].text, "--vcpus", 1, 512, &value, &err) != rows[i].r)
			fail_msg("\"%s\": %s", rows[i].text, err.message);
		assert_int_equal(value, rows[i].r == 0 ? rows[i].value : 42);
		assert_int_equal(err.code, rows[i].r == 0 ? 0 : BD_EUSAGE);
	}
}

static void sizes_are_told_in_the_largest_unit_that_says_enough(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} rows[] = {
		{ 0, "0 bytes" },	    { 1023, "1023 bytes" },	{ 1024, "1 KiB" },
		{ 3950 * MIB, "3950 MiB" }, { 4 * GIB, "4 GiB" },	{ 2 * TIB, "2 TiB" },
		{ 4137283584, "3.9 GiB" },  { 9999 * KIB, "9999 KiB" }, { 5000 * TIB, "5000 TiB" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[32];
		bd_format_size(rows[i].bytes, text, sizeof(text));
		assert_string_equal(text, rows[i].text);
	}
}

static void a_size_that_was_told_exactly_can_be_typed_again(void **state)
{
	(void)state;
	for (uint64_t bytes = 512; bytes <= 2 * TIB; bytes *= 2) {
		struct bd_error err = BD_ERROR_INIT;
		char text[32], unit[8], typed[64];
		unsigned long long value;
		uint64_t again;
		bd_format_size(bytes, text, sizeof(text));
		assert_int_equal(sscanf(text, "%llu %7s", &value, unit), 2);
		snprintf(typed, sizeof(typed), "%llu%s", value, strcmp(unit, "bytes") == 0 ? "" : unit);
		assert_int_equal(bd_parse_size(typed, "x", &again, &err), 0);
		assert_int_equal(again, bytes);
	}
}

static void uuids_are_read_with_and_without_dashes_and_written_with(void **state)
{
	static const uint8_t uuid[16] = { 0x6d, 0x9f, 0x5f, 0x3a, 0x1f, 0x7c, 0x4c, 0x55,
					  0x9d, 0x0e, 0x3b, 0x1c, 0x2a, 0x4e, 0x5f, 0x60 };
	static const char *const forms[] = { "6d9f5f3a-1f7c-4c55-9d0e-3b1c2a4e5f60",
					     "6D9F5F3A-1F7C-4C55-9D0E-3B1C2A4E5F60",
					     "6d9f5f3a1f7c4c559d0e3b1c2a4e5f60" };
	char text[BD_UUID_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++) {
		struct bd_error err = BD_ERROR_INIT;
		uint8_t parsed[16] = { 0 };
		assert_int_equal(bd_parse_uuid(forms[i], parsed, &err), 0);
		assert_memory_equal(parsed, uuid, 16);
	}
	bd_format_uuid(uuid, text);
	assert_string_equal(text, forms[0]);
}

static void what_is_no_uuid_is_refused_and_gives_nothing(void **state)
{
	static const char *const rows[] = {
		"",
		"-",
		"6d9f5f3a-1f7c-4c55-9d0e-3b1c2a4e5f6",
		"6d9f5f3a-1f7c-4c55-9d0e-3b1c2a4e5f600",
		"6d9f5f3a-1f7c-4c55-9d0e-3b1c2a4e5f6g",
		" 6d9f5f3a-1f7c-4c55-9d0e-3b1c2a4e5f60",
		"{}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bd_error err = BD_ERROR_INIT;
		uint8_t parsed[16] = { 1, 2, 3 };
		assert_int_equal(bd_parse_uuid(rows[i], parsed, &err), -1);
		assert_int_equal(err.code, BD_EUSAGE);
		assert_int_equal(parsed[0], 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_binary),
		cmocka_unit_test(what_is_no_size_is_wrong_usage_and_named),
		cmocka_unit_test(numbers_lie_between_their_limits),
		cmocka_unit_test(sizes_are_told_in_the_largest_unit_that_says_enough),
		cmocka_unit_test(a_size_that_was_told_exactly_can_be_typed_again),
		cmocka_unit_test(uuids_are_read_with_and_without_dashes_and_written_with),
		cmocka_unit_test(what_is_no_uuid_is_refused_and_gives_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
