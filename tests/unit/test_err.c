/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about base/err.h. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

static void a_failure_has_a_code_and_a_message_and_is_minus_one(void **state)
{
	struct bd_error err = BD_ERROR_INIT;

	(void)state;
	assert_int_equal(err.code, 0);
	assert_int_equal(bd_fail(&err, EFBIG, "partition %u is too large", 2), -1);
	assert_int_equal(err.code, EFBIG);
	assert_string_equal(err.message, "partition 2 is too large");
}

static void errno_gives_the_code_and_the_reason(void **state)
{
	struct bd_error err = BD_ERROR_INIT;

	(void)state;
	errno = ENOSPC;
	assert_int_equal(bd_fail_errno(&err, "cannot write %s", "web01.img"), -1);
	assert_int_equal(err.code, ENOSPC);
	assert_string_equal(err.message, "cannot write web01.img: No space left on device");
}

static void wrong_usage_has_its_own_code_outside_errno(void **state)
{
	struct bd_error err = BD_ERROR_INIT;

	(void)state;
	assert_int_equal(bd_usage(&err, "no"), -1);
	assert_int_equal(err.code, BD_EUSAGE);
	assert_true(BD_EUSAGE > 4095 && BD_ECANCELED > 4095 && BD_EUSAGE != BD_ECANCELED);
}

static void an_errno_alone_tells_no_kind_but_that_there_is_no_room(void **state)
{
	static const struct {
		int code;
		enum bd_error_kind kind, looked_up;
	} rows[] = {
		{ ENOSPC, BD_KIND_NO_ROOM, BD_KIND_NO_ROOM },  { EDQUOT, BD_KIND_NO_ROOM, BD_KIND_NO_ROOM },
		{ ENOENT, BD_KIND_FAILED, BD_KIND_NOT_FOUND }, { ENOTDIR, BD_KIND_FAILED, BD_KIND_NOT_FOUND },
		{ EEXIST, BD_KIND_FAILED, BD_KIND_FAILED },    { EBUSY, BD_KIND_FAILED, BD_KIND_FAILED },
		{ ENODEV, BD_KIND_FAILED, BD_KIND_FAILED },    { EACCES, BD_KIND_FAILED, BD_KIND_FAILED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bd_error err = BD_ERROR_INIT;
		bd_usage(&err, "an earlier one");
		bd_fail(&err, rows[i].code, "no");
		assert_int_equal(err.kind, BD_KIND_FAILED);
		errno = rows[i].code;
		bd_fail_errno(&err, "no");
		assert_int_equal(err.kind, rows[i].kind);
		errno = rows[i].code;
		assert_int_equal(bd_fail_lookup(&err, "cannot open %s", "a"), -1);
		assert_int_equal(err.kind, rows[i].looked_up);
		assert_int_equal(err.code, rows[i].code);
		assert_int_equal(strncmp(err.message, "cannot open a: ", 15), 0);
	}
}

static void each_kind_has_a_call_and_a_code_that_goes_with_it(void **state)
{
	struct bd_error err = BD_ERROR_INIT;

	(void)state;
#define CHECK(call, the_kind, the_code) \
	do { \
		assert_int_equal(call(&err, "%s", "why"), -1); \
		assert_int_equal(err.kind, the_kind); \
		assert_int_equal(err.code, the_code); \
		assert_string_equal(err.message, "why"); \
	} while (0)
	CHECK(bd_usage, BD_KIND_USAGE, BD_EUSAGE);
	CHECK(bd_exists, BD_KIND_EXISTS, EEXIST);
	CHECK(bd_not_found, BD_KIND_NOT_FOUND, ENOENT);
	CHECK(bd_in_use, BD_KIND_IN_USE, EBUSY);
	CHECK(bd_no_room, BD_KIND_NO_ROOM, ENOSPC);
	CHECK(bd_no_hypervisor, BD_KIND_NO_HYPERVISOR, ENODEV);
	CHECK(bd_canceled, BD_KIND_CANCELED, BD_ECANCELED);
#undef CHECK
}

static void kind_and_code_of_another_error_can_be_taken_over(void **state)
{
	struct bd_error cause = BD_ERROR_INIT, err = BD_ERROR_INIT;

	(void)state;
	bd_exists(&cause, "a is there");
	assert_int_equal(bd_fail_as(&err, &cause, "web01: %s", cause.message), -1);
	assert_int_equal(err.kind, BD_KIND_EXISTS);
	assert_int_equal(err.code, EEXIST);
	assert_string_equal(err.message, "web01: a is there");
	bd_fail_as(&err, &err, "again: %s", err.message);
	assert_int_equal(err.kind, BD_KIND_EXISTS);
	assert_string_equal(err.message, "again: web01: a is there");
}

static void context_goes_before_the_message_and_the_code_stays(void **state)
{
	struct bd_error err = BD_ERROR_INIT;

	(void)state;
	bd_in_use(&err, "short read");
	assert_int_equal(bd_wrap(&err, "cannot read %s", "a"), -1);
	assert_int_equal(bd_wrap(&err, "cannot start"), -1);
	assert_string_equal(err.message, "cannot start: cannot read a: short read");
	assert_int_equal(err.code, EBUSY);
	assert_int_equal(err.kind, BD_KIND_IN_USE);
}

static void a_message_can_be_made_of_the_message_that_is_there(void **state)
{
	struct bd_error err = BD_ERROR_INIT;

	(void)state;
	bd_fail(&err, EINVAL, "a disk of 1 MiB is too small");
	bd_usage(&err, "%s", err.message);
	assert_int_equal(err.code, BD_EUSAGE);
	assert_string_equal(err.message, "a disk of 1 MiB is too small");
	bd_fail(&err, EIO, "again: %s", err.message);
	assert_string_equal(err.message, "again: a disk of 1 MiB is too small");
}

static void a_message_is_one_line_whatever_was_pasted_into_it(void **state)
{
	struct bd_error err = BD_ERROR_INIT;

	(void)state;
	bd_fail(&err, EINVAL, "no \"%s\"", "a\nb\tc\033[31m\x7f");
	assert_string_equal(err.message, "no \"a b c [31m \"");
	bd_wrap(&err, "in %s", "x\r\ny");
	assert_string_equal(err.message, "in x  y: no \"a b c [31m \"");
}

static void a_message_that_is_too_long_is_cut(void **state)
{
	struct bd_error err = BD_ERROR_INIT;
	char text[3 * BD_ERROR_MESSAGE_SIZE];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	bd_fail(&err, EIO, "%s", text);
	assert_int_equal(strlen(err.message), BD_ERROR_MESSAGE_SIZE - 1);
	errno = EIO;
	bd_fail_errno(&err, "%s", text);
	assert_int_equal(strlen(err.message), BD_ERROR_MESSAGE_SIZE - 1);
	bd_wrap(&err, "%s", text);
	assert_int_equal(strlen(err.message), BD_ERROR_MESSAGE_SIZE - 1);
}

/* As cli/help.c documents them. */
static void each_kind_has_an_exit_status(void **state)
{
	static const int statuses[BD_KIND_COUNT] = {
		[BD_KIND_FAILED] = 1, [BD_KIND_USAGE] = 2,   [BD_KIND_EXISTS] = 3,	  [BD_KIND_NOT_FOUND] = 4,
		[BD_KIND_IN_USE] = 5, [BD_KIND_NO_ROOM] = 6, [BD_KIND_NO_HYPERVISOR] = 7, [BD_KIND_CANCELED] = 1,
	};

	(void)state;
	for (int kind = 0; kind < BD_KIND_COUNT; kind++)
		assert_int_equal(bd_error_status(kind), statuses[kind]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failure_has_a_code_and_a_message_and_is_minus_one),
		cmocka_unit_test(errno_gives_the_code_and_the_reason),
		cmocka_unit_test(wrong_usage_has_its_own_code_outside_errno),
		cmocka_unit_test(an_errno_alone_tells_no_kind_but_that_there_is_no_room),
		cmocka_unit_test(each_kind_has_a_call_and_a_code_that_goes_with_it),
		cmocka_unit_test(each_kind_has_an_exit_status),
		cmocka_unit_test(kind_and_code_of_another_error_can_be_taken_over),
		cmocka_unit_test(context_goes_before_the_message_and_the_code_stays),
		cmocka_unit_test(a_message_can_be_made_of_the_message_that_is_there),
		cmocka_unit_test(a_message_is_one_line_whatever_was_pasted_into_it),
		cmocka_unit_test(a_message_that_is_too_long_is_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
