/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about base/printable.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/printable.h"

static void what_a_terminal_could_obey_is_written_in_digits(void **state)
{
	static const struct {
		const char *text, *printable;
		size_t columns;
	} rows[] = {
		{ "", "", 0 },
		{ "web01 \\x", "web01 \\x", 8 },
		{ "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", 8 },
		{ "a\x1b[31m", "a\\x1b[31m", 9 },
		{ "\t\n\r\a\x01\x1f\x7f", "\\x09\\x0a\\x0d\\x07\\x01\\x1f\\x7f", 28 },
		{ "\xc2\x80\xc2\x9f\xc2\xa0", "\\xc2\\x80\\xc2\\x9f\xc2\xa0", 17 },
		{ "\xff\xfe", "\\xff\\xfe", 8 },
		{ "\xc0\x9b", "\\xc0\\x9b", 8 },
		{ "\xe2\x82", "\\xe2\\x82", 8 },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80", 12 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *printable = bd_printable(rows[i].text);
		assert_non_null(printable);
		assert_string_equal(printable, rows[i].printable);
		assert_int_equal(bd_printable_columns(printable), rows[i].columns);
		free(printable);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_terminal_could_obey_is_written_in_digits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
