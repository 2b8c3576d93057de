/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about bootmenu/version.h, glob.h and rootfs/kernel_name.h: which version is newer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/process/run.h"
#include "bootmenu/glob.h"
#include "bootmenu/version.h"
#include "rootfs/kernel_name.h"

static int sign(int order)
{
	return (order > 0) - (order < 0);
}

struct pair {
	const char *a;
	int order;
	const char *b;
};

/* The examples of UAPI.10, Version Format Specification, in its order. */
static const struct pair examples[] = {
	{ "11", 0, "11" },
	{ "systemd-123", 0, "systemd-123" },
	{ "bar-123", -1, "foo-123" },
	{ "123a", 1, "123" },
	{ "123.a", 1, "123" },
	{ "123.a", -1, "123.b" },
	{ "123a", 1, "123.a" },
	{ "11\xce\xb1", 0, "11\xce\xb2" },
	{ "B", -1, "a" },
	{ "", -1, "0" },
	{ "0.", 1, "0" },
	{ "0.0", 1, "0" },
	{ "0", 1, "~" },
	{ "", 1, "~" },
	{ "1_", 0, "1" },
	{ "_1", 0, "1" },
	{ "1_", -1, "1.2" },
	{ "1_2_3", 1, "1.3.3" },
	{ "1+", 0, "1" },
	{ "+1", 0, "1" },
	{ "1+", -1, "1.2" },
	{ "1+2+3", 1, "1.3.3" },
	/* More than it has. */
	{ "007", 0, "7" },
	{ "18446744073709551617", 1, "18446744073709551616" },
	{ "1.~2", -1, "1." },
	{ "1~~", 1, "1~" },
	{ "a.0", 1, "a.a" },
	{ "6.1.0-9-amd64", -1, "6.1.0-10-amd64" },
	{ "5.14.0-70.el9", -1, "5.14.0-162.el9" },
	{ "6.12.0~rc3", -1, "6.12.0" },
};

static void versions_sort_as_the_specification_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
		const struct pair *pair = &examples[i];
		if (sign(bd_version_compare(pair->a, pair->b)) != pair->order ||
		    sign(bd_version_compare(pair->b, pair->a)) != -pair->order)
			fail_msg("\"%s\" and \"%s\" are not in order %d", pair->a, pair->b, pair->order);
	}
}

static void each_of_its_chain_is_older_than_the_next(void **state)
{
	static const char *const chain[] = { "122.1",	"123~rc1-1", "123",	"123-a",   "123-a.1", "123-1",
					     "123-1.1", "123^post1", "123.a-1", "123.1-1", "123a-1",  "124-1" };
	const size_t count = sizeof(chain) / sizeof(*chain);

	(void)state;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < count; j++)
			assert_int_equal(sign(bd_version_compare(chain[i], chain[j])), (i > j) - (i < j));
}

/* The golden: systemd itself, where it is installed. */
static void versions_sort_as_systemd_sorts_them(void **state)
{
	struct bd_error err = BD_ERROR_INIT;

	(void)state;
	if (bd_run(&(struct bd_run){ .argv = (const char *[]){ "systemd-analyze", "--version", NULL } }, &err) != 0)
		skip();
	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
		const char *const operators[] = { "lt", "eq", "gt" };
		const char *argv[] = { "systemd-analyze", "compare-versions",
				       examples[i].a,	  operators[examples[i].order + 1],
				       examples[i].b,	  NULL };
		if (bd_run(&(struct bd_run){ .argv = argv }, &err) != 0)
			fail_msg("systemd does not say \"%s\" %s \"%s\"", argv[2], argv[3], argv[4]);
	}
}

/* From tests/rpmvercmp.at of rpm, and what rpm-version(7) says of the caret. */
static void versions_sort_as_rpm_sorts_them(void **state)
{
	static const struct pair pairs[] = {
		{ "1.0", 0, "1.0" },
		{ "1.0", -1, "2.0" },
		{ "2.0", -1, "2.0.1" },
		{ "2.0.1a", 1, "2.0.1" },
		{ "5.5p1", -1, "5.5p2" },
		{ "5.5p1", -1, "5.5p10" },
		{ "10xyz", -1, "10.1xyz" },
		{ "xyz10", -1, "xyz10.1" },
		{ "xyz.4", -1, "8" },
		{ "6.0.rc1", 1, "6.0" },
		{ "10b2", 1, "10a1" },
		{ "1.0a", -1, "1.0aa" },
		{ "10.0001", 0, "10.1" },
		{ "10.0001", -1, "10.0039" },
		{ "4.999.9", -1, "5.0" },
		{ "20101121", -1, "20101122" },
		{ "2_0", 0, "2.0" },
		{ "a+", 0, "a_" },
		{ "+", 0, "_" },
		{ "1.0~rc1", -1, "1.0" },
		{ "1.0~rc1", -1, "1.0~rc2" },
		{ "1.0~rc1~git123", -1, "1.0~rc1" },
		{ "1.0^", 1, "1.0" },
		{ "1.0^git1", 1, "1.0" },
		{ "1.0^git1", -1, "1.0^git2" },
		{ "1.0^git1", -1, "1.01" },
		{ "1.0^20160101", -1, "1.0.1" },
		{ "1.0~rc1^git1", 1, "1.0~rc1" },
		{ "1.0^git1~pre", -1, "1.0^git1" },
		{ "1.0", -1,
		  "1.0."
		  "1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		const struct pair *pair = &pairs[i];
		if (sign(bd_version_compare_rpm(pair->a, pair->b, '^')) != pair->order ||
		    sign(bd_version_compare_rpm(pair->b, pair->a, '^')) != -pair->order)
			fail_msg("\"%s\" and \"%s\" are not in order %d", pair->a, pair->b, pair->order);
	}
}

/* grub-core/commands/blscfg.c of Fedora: the name is split at its last two dashes, and "+" is its caret. */
static void entries_sort_as_blscfg_sorts_them(void **state)
{
#define ID "0123456789abcdef0123456789abcdef"
	static const struct pair pairs[] = {
		{ ID "-5.14.0-162.6.1.el9_1.x86_64", 1, ID "-5.14.0-70.13.1.el9_0.x86_64" },
		{ ID "-6.11.4-301.fc41.x86_64", 1, ID "-6.9.12-200.fc40.x86_64" },
		{ ID "-0-rescue", -1, ID "-4.18.0-80.el8.x86_64" },
		{ ID "-6.12.0-0.rc3.26.fc42.x86_64", 1, ID "-6.11.0-63.fc42.x86_64" },
		{ ID "-4.18.0-80.el8.x86_64+debug", 1, ID "-4.18.0-80.el8.x86_64" },
		{ ID "-4.18.0-80.el8.x86_64+debug", -1, ID "-4.18.0-81.el8.x86_64" },
		{ "ostree-2-fedora", 1, "ostree-1-fedora" },
		/* By the whole text, the other would be newer: its version ends where this one's goes on. */
		{ "a-1.1-1", 1, "a-1-9" },
		{ "a-1-1", -1, "b-1-1" },
		{ "a_b-1", 1, "a-9" },
		{ "one", -1, "two" },
		{ "a-1", -1, "a-2" },
		{ "a", -1, "a-1" },
		{ "-1", -1, "a-1" },
		{ "", 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		const struct pair *pair = &pairs[i];
		if (sign(bd_version_compare_blscfg(pair->a, pair->b)) != pair->order ||
		    sign(bd_version_compare_blscfg(pair->b, pair->a)) != -pair->order)
			fail_msg("\"%s\" and \"%s\" are not in order %d", pair->a, pair->b, pair->order);
	}
}

/* sort(1) and qsort(3) need an order that is transitive, whatever a disk's names are. */
static void the_orders_are_transitive(void **state)
{
	static const char characters[] = "~^-.+_ab01";
	char texts[160][5] = { "" };
	unsigned seed = 7;

	(void)state;
	for (size_t i = 1; i < 160; i++)
		for (size_t j = 0; j < i % 5; j++) {
			seed = seed * 1103515245 + 12345;
			texts[i][j] = characters[(seed >> 16) % (sizeof(characters) - 1)];
		}
	int (*const orders[])(const char *, const char *) = { bd_version_compare, bd_version_compare_blscfg,
							      bd_kernel_compare_versions };
	for (size_t o = 0; o < 3; o++)
		for (size_t a = 0; a < 160; a++)
			for (size_t b = 0; b < 160; b++) {
				int ab = sign(orders[o](texts[a], texts[b]));
				assert_int_equal(ab, -sign(orders[o](texts[b], texts[a])));
				for (size_t c = 0; ab >= 0 && c < 160; c++)
					if (orders[o](texts[b], texts[c]) >= 0 && orders[o](texts[a], texts[c]) < 0)
						fail_msg("%zu: %s, %s, %s", o, texts[a], texts[b], texts[c]);
			}
}

static void a_rescue_kernel_and_leftovers_are_told(void **state)
{
	(void)state;
	assert_true(bd_kernel_is_newer("6.12.0-1", "6.11.9-3"));
	assert_true(bd_kernel_is_newer("6.12", "6.12-rc3"));
	assert_true(bd_kernel_is_newer("6.1.0-9-amd64", "lts"));
	assert_true(bd_kernel_is_newer("lts", "0-rescue-0123456789abcdef"));
	assert_false(bd_kernel_is_newer("0-rescue-0123456789abcdef", "5.4"));
	static const char *const leftovers[] = { "6.1~", "6.1.old", "6.1.dpkg-new", "6.1.rpmsave", "6.1.bak" };
	for (size_t i = 0; i < sizeof(leftovers) / sizeof(*leftovers); i++)
		assert_true(bd_kernel_is_leftover(leftovers[i]));
	assert_false(bd_kernel_is_leftover("4.18.0-80.el8.x86_64"));
	assert_string_equal(bd_kernel_version_of("vmlinuz-6.1"), "6.1");
	assert_string_equal(bd_kernel_version_of("kernel-genkernel-x86_64-6.1"), "genkernel-x86_64-6.1");
	assert_null(bd_kernel_version_of("System.map-6.1"));
}

static void patterns_match_as_a_shell_s(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool matches;
	} cases[] = {
		{ "arch.conf", "arch.conf", true },
		{ "arch.conf", "arch-lts.conf", false },
		{ "*", "", true },
		{ "0123-*", "0123-6.1.conf", true },
		{ "FEDORA-*", "fedora-6.conf", true },
		{ "a?c", "abc", true },
		{ "a?c", "ac", false },
		{ "[a-c]1", "b1", true },
		{ "[!a-c]1", "b1", false },
		{ "[]]1", "]1", true },
		{ "[abc", "a", false },
		{ "a\\*", "a*", true },
		{ "a\\*", "ab", false },
		{ "a\\", "a\\", true },
		{ "*a*b*c", "xaybzc", true },
		{ "*a*b*c", "xaybz", false },
		{ "", "x", false },
		{ "", "", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (bd_glob_match(cases[i].pattern, cases[i].text) != cases[i].matches)
			fail_msg("%s on %s", cases[i].pattern, cases[i].text);
}

/* With recursion, this would take longer than the test may. */
static void a_pattern_of_stars_takes_no_time(void **state)
{
	char pattern[4096], text[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(pattern) - 1; i++)
		pattern[i] = i % 2 ? 'a' : '*';
	memset(text, 'a', sizeof(text));
	pattern[sizeof(pattern) - 2] = 'b';
	pattern[sizeof(pattern) - 1] = text[sizeof(text) - 1] = '\0';
	clock_t before = clock();
	assert_false(bd_glob_match(pattern, text));
	assert_true(clock() - before < 2 * CLOCKS_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_sort_as_the_specification_says),
		cmocka_unit_test(each_of_its_chain_is_older_than_the_next),
		cmocka_unit_test(versions_sort_as_systemd_sorts_them),
		cmocka_unit_test(versions_sort_as_rpm_sorts_them),
		cmocka_unit_test(entries_sort_as_blscfg_sorts_them),
		cmocka_unit_test(the_orders_are_transitive),
		cmocka_unit_test(a_rescue_kernel_and_leftovers_are_told),
		cmocka_unit_test(patterns_match_as_a_shell_s),
		cmocka_unit_test(a_pattern_of_stars_takes_no_time),
	};

	return cmocka_run_group_tests_name("bootmenu_version", tests, NULL, NULL);
}
