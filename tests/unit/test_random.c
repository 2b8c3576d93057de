/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about base/random.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/random.h"

static void draw(const char *seed, const char *name, const char *label, uint8_t out[48])
{
	struct bd_error err = BD_ERROR_INIT;
	struct bd_random random = { 0 };

	if (seed)
		assert_int_equal(bd_random_seed(&random, seed, name, &err), 0);
	assert_int_equal(bd_random_fill(&random, label, out, 48, &err), 0);
}

static void seed_name_and_label_each_make_a_difference(void **state)
{
	static const char *const rows[][3] = {
		{ "a", "web01", "uuid" }, { "b", "web01", "uuid" }, { "a", "web02", "uuid" },
		{ "a", "web01", "mac" },  { "aw", "eb01", "uuid" }, { "", "web01", "uuid" },
	};
	uint8_t drawn[6][48], again[48];

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		draw(rows[i][0], rows[i][1], rows[i][2], drawn[i]);
		draw(rows[i][0], rows[i][1], rows[i][2], again);
		assert_memory_equal(drawn[i], again, sizeof(again));
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(drawn[i], drawn[j], sizeof(again));
	}
}

static void without_a_seed_nothing_comes_twice(void **state)
{
	uint8_t one[48], other[48];

	(void)state;
	draw(NULL, NULL, "uuid", one);
	draw(NULL, NULL, "uuid", other);
	assert_memory_not_equal(one, other, sizeof(one));
}

static void uuids_have_their_version_and_variant(void **state)
{
	struct bd_random random = { 0 };
	struct bd_error err = BD_ERROR_INIT;
	uint8_t uuid[16];

	(void)state;
	for (int i = 0; i < 64; i++) {
		if (i == 32)
			assert_int_equal(bd_random_seed(&random, "seed", "web01", &err), 0);
		assert_int_equal(bd_random_fill_uuid(&random, (char[]){ (char)('A' + i % 32), 0 }, uuid, &err), 0);
		assert_int_equal(uuid[6] >> 4, 4);
		assert_int_equal(uuid[8] >> 6, 2);
	}
}

static void the_time_is_that_of_source_date_epoch(void **state)
{
	static const char *const wrong[] = { "x", "-1", "1.5", "4294967296" };
	struct bd_error err = BD_ERROR_INIT;
	int64_t now, clock = time(NULL);

	(void)state;
	setenv("SOURCE_DATE_EPOCH", "1262304000", 1);
	assert_int_equal(bd_now(&now, &err), 0);
	assert_int_equal(now, 1262304000);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		setenv("SOURCE_DATE_EPOCH", wrong[i], 1);
		assert_int_equal(bd_now(&now, &err), -1);
		assert_non_null(strstr(err.message, "SOURCE_DATE_EPOCH"));
	}
	unsetenv("SOURCE_DATE_EPOCH");
	assert_int_equal(bd_now(&now, &err), 0);
	assert_true(now >= clock && now < clock + 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seed_name_and_label_each_make_a_difference),
		cmocka_unit_test(without_a_seed_nothing_comes_twice),
		cmocka_unit_test(uuids_have_their_version_and_variant),
		cmocka_unit_test(the_time_is_that_of_source_date_epoch),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
