/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about the progress line: what there is room for on a terminal, and what is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/progress.h"

#define GIB (UINT64_C(1) << 30)

static const struct bd_progress_facts half = { "copying the disk image", 2 * GIB, 4 * GIB, 10 };

static void line_is(const struct bd_progress_facts *facts, size_t columns, const char *expected)
{
	char line[BD_PROGRESS_LINE_SIZE];

	bd_progress_line(facts, columns, line);
	assert_string_equal(line, expected);
	assert_true(strlen(line) <= columns);
}

static void a_wide_terminal_has_all(void **state)
{
	(void)state;
	line_is(&half, 119,
		"  copying the disk image   50%  0:10 left  205M/s  2.0G of 4.0G  [##########..........]");
}

static void what_matters_least_goes_first(void **state)
{
	(void)state;
	line_is(&half, 79, "  copying the disk image   50%  0:10 left  205M/s  2.0G of 4.0G");
	line_is(&half, 39, "  copying the disk image   50%  205M/s");
	line_is(&half, 20, "  copying the    50%");
}

static void no_line_is_wider_than_the_terminal(void **state)
{
	char line[BD_PROGRESS_LINE_SIZE];

	(void)state;
	for (size_t columns = 9; columns < 200; columns++) {
		bd_progress_line(&half, columns, line);
		assert_true(strlen(line) <= columns);
	}
}

static void an_unknown_total_has_bytes_and_rate(void **state)
{
	(void)state;
	line_is(&(struct bd_progress_facts){ "reading the source", 3 * GIB / 2, 0, 75 }, 79,
		"  reading the source  75 s  20M/s  1.5G");
	line_is(&(struct bd_progress_facts){ "starting the domain", 0, 0, 3 }, 79, "  starting the domain  3 s");
}

static void a_source_that_grows_is_never_more_than_whole(void **state)
{
	(void)state;
	line_is(&(struct bd_progress_facts){ "reading", 5 * GIB, 4 * GIB, 2 }, 79,
		"  reading  100%  0:00 left  2.0G/s  4.0G of 4.0G  [####################]");
}

static void nothing_is_foretold_in_the_first_second(void **state)
{
	(void)state;
	line_is(&(struct bd_progress_facts){ "reading", 1 << 20, 4 << 20, 0.5 }, 60,
		"  reading   25%  1.0M of 4.0M  [#####...............]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wide_terminal_has_all),
		cmocka_unit_test(what_matters_least_goes_first),
		cmocka_unit_test(no_line_is_wider_than_the_terminal),
		cmocka_unit_test(an_unknown_total_has_bytes_and_rate),
		cmocka_unit_test(a_source_that_grows_is_never_more_than_whole),
		cmocka_unit_test(nothing_is_foretold_in_the_first_second),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
