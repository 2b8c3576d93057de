/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about adapt/words.h: which words are replaced. What a whole copy gets is in tests/cli/clone.bats. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "adapt/words.h"
#include "text_checks.h"

static struct bd_error err;

static void becomes(const char *text, const char *from, const char *to, const char *expected)
{
	struct bd_word_changes changes = { .count = 0 };
	char *changed;

	assert_int_equal(bd_word_changes_add(&changes, from, to, &err), 0);
	assert_int_equal(bd_words_replace(text, &changes, &changed, &err), 0);
	is_changed_to(changed, expected);
}

static void a_name_is_replaced_where_it_stands_by_itself(void **state)
{
	(void)state;
	becomes("127.0.1.1\tweb01.example.org web01\n", "web01", "db01", "127.0.1.1\tdb01.example.org db01\n");
	becomes("WEB01", "web01", "db01", "db01");
	becomes("web010 web01-old my-web01 myweb01 web01_x sub.web01", "web01", "db01", NULL);
	becomes("", "web01", "db01", NULL);
}

static void a_uuid_is_replaced_in_whatever_stands_around_it(void **state)
{
	const char *old = "11111111-2222-4333-8444-55555555abcd", *new = "99999999-2222-4333-8444-555555555555";

	(void)state;
	becomes("UUID=11111111-2222-4333-8444-55555555ABCD / ext4\n", old, new,
		"UUID=99999999-2222-4333-8444-555555555555 / ext4\n");
	becomes("\"/dev/disk/by-uuid/11111111-2222-4333-8444-55555555abcd\"", old, new,
		"\"/dev/disk/by-uuid/99999999-2222-4333-8444-555555555555\"");
	becomes("11111111-2222-4333-8444-55555555abcd0", old, new, NULL);
}

static void what_stays_the_same_and_what_is_empty_is_no_change(void **state)
{
	struct bd_word_changes changes = { .count = 0 };

	(void)state;
	assert_int_equal(bd_word_changes_add(&changes, "", "x", &err), 0);
	assert_int_equal(bd_word_changes_add(&changes, "x", "x", &err), 0);
	assert_int_equal(changes.count, 0);
	for (size_t i = 0; i < BD_WORD_CHANGES_MAX; i++)
		assert_int_equal(bd_word_changes_add(&changes, "a", "b", &err), 0);
	assert_int_equal(bd_word_changes_add(&changes, "a", "b", &err), -1);
	assert_int_equal(err.code, ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_replaced_where_it_stands_by_itself),
		cmocka_unit_test(a_uuid_is_replaced_in_whatever_stands_around_it),
		cmocka_unit_test(what_stays_the_same_and_what_is_empty_is_no_change),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
