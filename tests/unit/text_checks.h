/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a function that changes texts gave back. To be included after <cmocka.h>. */
#ifndef BD_TESTS_TEXT_CHECKS_H
#define BD_TESTS_TEXT_CHECKS_H

#include <stdlib.h>

/* Frees changed. expected NULL: nothing was to be changed. */
static void is_changed_to(char *changed, const char *expected)
{
	if (!expected) {
		assert_null(changed);
		return;
	}
	assert_non_null(changed);
	assert_string_equal(changed, expected);
	free(changed);
}

#endif
