/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about metrics/text.h: the text form of Prometheus' "exposition formats". */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "metrics/text.h"

static struct bd_error err;

static void finishes_as(struct bd_metrics *metrics, const char *wanted)
{
	BD_FREE char *text = NULL;

	assert_int_equal(bd_metrics_finish(metrics, &text, &err), 0);
	assert_string_equal(text, wanted);
	bd_metrics_dispose(metrics);
}

static void a_family_has_its_help_and_type_and_a_line_for_each_sample(void **state)
{
	const struct bd_metric_label one[] = { { "guest", "web01" }, { "disk", "/a.img" }, { NULL, NULL } };
	const struct bd_metric_label other[] = { { "guest", NULL }, { NULL, NULL } };
	struct bd_metrics metrics = { 0 };

	(void)state;
	bd_metrics_family(&metrics, BD_METRIC_GAUGE, "x_up", "Whether it is up.");
	bd_metrics_uint(&metrics, NULL, 1);
	bd_metrics_family(&metrics, BD_METRIC_COUNTER, "x_total", "How many.");
	bd_metrics_uint(&metrics, one, UINT64_MAX);
	bd_metrics_uint(&metrics, other, 0);
	finishes_as(&metrics,
		    "# HELP x_up Whether it is up.\n# TYPE x_up gauge\nx_up 1\n"
		    "# HELP x_total How many.\n# TYPE x_total counter\n"
		    "x_total{guest=\"web01\",disk=\"/a.img\"} 18446744073709551615\nx_total{guest=\"\"} 0\n");
}

/* Backslash, quote and newline as the format has it; what is no text would make Prometheus refuse all of it. */
static void a_label_may_have_any_bytes(void **state)
{
	static const struct {
		const char *value, *written;
	} values[] = {
		{ "a\\b", "a\\\\b" },
		{ "a\"} 1", "a\\\"} 1" },
		{ "a\nx 1", "a\\nx 1" },
		{ "K\xc3\xbc"
		  "che \xf0\x9f\x90\xa7",
		  "K\xc3\xbc"
		  "che \xf0\x9f\x90\xa7" },
		{ "\xff", "\\\\xff" },
		{ "a\xc3", "a\\\\xc3" },
		{ "\xc0\xaf", "\\\\xc0\\\\xaf" },
		{ "\x1b[1m\t\x7f", "\\\\x1b[1m\\\\x09\\\\x7f" },
		{ "\xc2\x9b"
		  "1m",
		  "\\\\xc2\\\\x9b1m" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		const struct bd_metric_label labels[] = { { "l", values[i].value }, { NULL, NULL } };
		struct bd_metrics metrics = { 0 };
		char wanted[256];
		snprintf(wanted, sizeof(wanted), "# HELP x A.\n# TYPE x gauge\nx{l=\"%s\"} 1\n", values[i].written);
		bd_metrics_family(&metrics, BD_METRIC_GAUGE, "x", "A.");
		bd_metrics_uint(&metrics, labels, 1);
		finishes_as(&metrics, wanted);
	}
}

static void numbers_are_written_so_that_prometheus_reads_them(void **state)
{
	struct bd_metrics metrics = { 0 };

	(void)state;
	bd_metrics_family(&metrics, BD_METRIC_GAUGE, "x", "A.");
	bd_metrics_double(&metrics, NULL, 0);
	bd_metrics_double(&metrics, NULL, 1234567.125);
	bd_metrics_double(&metrics, NULL, 1e-9);
	bd_metrics_double(&metrics, NULL, (double)NAN);
	bd_metrics_double(&metrics, NULL, -(double)INFINITY);
	finishes_as(&metrics, "# HELP x A.\n# TYPE x gauge\nx 0\nx 1234567.125\nx 1e-09\nx NaN\nx -Inf\n");
}

static void nothing_at_all_is_no_text(void **state)
{
	struct bd_metrics metrics = { 0 };
	char *text = NULL;

	(void)state;
	assert_int_equal(bd_metrics_finish(&metrics, &text, &err), -1);
	assert_null(text);
	metrics.out_of_memory = true;
	bd_metrics_family(&metrics, BD_METRIC_GAUGE, "x", "A.");
	assert_int_equal(bd_metrics_finish(&metrics, &text, &err), -1);
	bd_metrics_dispose(&metrics);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_family_has_its_help_and_type_and_a_line_for_each_sample),
		cmocka_unit_test(a_label_may_have_any_bytes),
		cmocka_unit_test(numbers_are_written_so_that_prometheus_reads_them),
		cmocka_unit_test(nothing_at_all_is_no_text),
	};

	return cmocka_run_group_tests_name("metrics_text", tests, NULL, NULL);
}
