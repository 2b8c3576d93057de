/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about xlcfg/replace_path.h: where a path in a config begins and ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "xlcfg/replace_path.h"

static void check_path(const char *text, const char *path, const char *new_path, const char *wanted)
{
	struct bd_error err = BD_ERROR_INIT;
	char *changed = NULL;

	assert_int_equal(bd_cfg_replace_path(text, path, new_path, &changed, &err), 0);
	assert_string_equal(changed, wanted);
	free(changed);
}

static void a_path_is_replaced_wherever_it_stands_by_itself(void **state)
{
	static const char *const rows[][2] = {
		{ "disk = [ \"/d/box.img,raw,xvda,w\" ]", "disk = [ \"/e/new.img,raw,xvda,w\" ]" },
		{ "disk = [ 'phy:/d/box.img,xvda,w' ]", "disk = [ 'phy:/e/new.img,xvda,w' ]" },
		{ "disk=[\"format=raw,vdev=xvda,target=/d/box.img\"]",
		  "disk=[\"format=raw,vdev=xvda,target=/e/new.img\"]" },
		{ "/d/box.img", "/e/new.img" },
		{ "# /d/box.img; /d/box.img\n", "# /e/new.img; /e/new.img\n" },
		{ "(/d/box.img)</d/box.img>\t/d/box.img\n/d/box.img",
		  "(/e/new.img)</e/new.img>\t/e/new.img\n/e/new.img" },
		{ "note=/d/box.img old", "note=/e/new.img old" },
		{ "/d/box.img:/d/box.img|/d/box.img", "/e/new.img:/e/new.img|/e/new.img" },
		{ "", "" },
		{ "name = \"box\"\n", "name = \"box\"\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check_path(rows[i][0], "/d/box.img", "/e/new.img", rows[i][1]);
}

static void a_longer_path_is_another_file(void **state)
{
	static const char *const rows[] = {
		"note=/d/box.img+old", "/d/box.img.bak",  "/d/box.img~",	"/d/box.img-1",	  "/d/box.img_1",
		"/d/box.img1",	       "/d/box.img/x",	  "/d/box.img%41",	"/d/box.img@2",	  "/d/box.img#2",
		"/d/box.img$x",	       "/d/box.img\\x41", "/d/box.img\xc3\xa4", "/srv/d/box.img", "../d/box.img",
		"~/d/box.img",	       "a/d/box.img",	  "\xc3\xa4/d/box.img", "//d/box.img",	  "/d/box.imgx,raw",
		"/d/box.im",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check_path(rows[i], "/d/box.img", "/e/new.img", rows[i]);
}

static void what_is_put_in_is_not_looked_at_again(void **state)
{
	(void)state;
	check_path("/d/box.img,/d/box.img", "/d/box.img", "/d/box.img,/d/box.img",
		   "/d/box.img,/d/box.img,/d/box.img,/d/box.img");
}

static void quotes_and_backslashes_stand_as_xl_writes_them(void **state)
{
	(void)state;
	check_path("disk = [ \"/d/a\\\"b.img,xvda\" ]", "/d/a\"b.img", "/d/c\\d.img",
		   "disk = [ \"/d/c\\\\d.img,xvda\" ]");
}

static void the_title_of_our_own_configs_names_the_other_guest(void **state)
{
	static const char *const rows[][2] = {
		{ "# web01, made by xen-bigdisk.\nname = \"web01\"\n",
		  "# web02, made by xen-bigdisk.\nname = \"web01\"\n" },
		{ "# web011, made by xen-bigdisk.\n", "# web011, made by xen-bigdisk.\n" },
		{ "\n# web01, made by xen-bigdisk.\n", "\n# web01, made by xen-bigdisk.\n" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bd_error err = BD_ERROR_INIT;
		char *changed = NULL;
		assert_int_equal(bd_cfg_replace_title(rows[i][0], "web01", "web02", &changed, &err), 0);
		assert_string_equal(changed, rows[i][1]);
		free(changed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_is_replaced_wherever_it_stands_by_itself),
		cmocka_unit_test(a_longer_path_is_another_file),
		cmocka_unit_test(what_is_put_in_is_not_looked_at_again),
		cmocka_unit_test(quotes_and_backslashes_stand_as_xl_writes_them),
		cmocka_unit_test(the_title_of_our_own_configs_names_the_other_guest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
