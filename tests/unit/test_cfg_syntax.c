/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about xlcfg/syntax.h: it takes exactly the texts that libxlutil takes, and says in which line the others go
 * wrong.
 *
 * $BD_TEST_MUTATIONS: how many damaged texts are tried [20000]. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "xlcfg/syntax.h"
#include "xlu_checks.h"

static bool xl_takes(const char *text)
{
	char *value;
	bool takes = ask_xl(text, "name", &value);

	free(value);
	return takes;
}

static void what_xl_takes_is_taken(void **state)
{
	static const char *const texts[] = {
		"",
		"\n\n;;\n",
		"name = 'a'",
		"name=\"a\"\n",
		"\t name\t=\t'a' # b\n",
		"name='a';memory=5;vcpus=0x2;",
		"name = 'a\\'b\\\"c\\\\\\n'\n",
		"name = 'a\\012'\n",
		"# a comment\r\n",
		"name = 'a\xc3\xa9\x01'\n",
		"disk = []\n",
		"disk = [ ]\nvif = [\n\n]\n",
		"disk = [ 'a', 'b' ]\n",
		"disk = [ # one\n 'a', # two\n\n 5\n, 'c',\n]\n",
		"disk = [ [ 'a' ], [ 'b', ], ]\n",
		"a.b_1 = 1\nsome.thing.else = 2\n",
		"disk += [ 'a' ]\ndisk += [ 'b' ]\n",
		"name = 'a'\nname += 'b'\nname = []\nname += [ 1 ]\n",
		"memory = 0xfffx\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct bd_error err = BD_ERROR_INIT;
		if (bd_cfg_check_syntax(texts[i], &err) != 0)
			fail_msg("%s, in:\n%s", err.message, texts[i]);
		if (xlu.init && !xl_takes(texts[i]))
			fail_msg("xl does not take:\n%s", texts[i]);
	}
}

static void what_xl_stumbles_over_is_named_with_its_line(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ "memory = 64\nname = \"py\" + \"1\"\n",
		  "line 2: cannot be parsed: \"+\" stands outside of strings: xl takes values and no "
		  "expressions, so write the result itself" },
		{ "name = 'a'\n\nmemory = 2 * 48\n", "line 3: cannot be parsed: \"*\" stands outside of strings" },
		{ "disk = [ 'a' ]\nname = 'a%d' % 5\n", "line 2: cannot be parsed: \"%\" stands" },
		{ "kernel = \"/boot/%s\" % name\n", "line 1: cannot be parsed: \"%\" stands" },
		{ "memory = int(64)\n", "int stands where a value belongs: a text stands in quotes" },
		{ "import os\n", "line 1: cannot be parsed: there is no equals sign behind import" },
		{ "def vm():\n", "there is no equals sign behind def" },
		{ "name = web01\n", "web01 stands where a value belongs: a text stands in quotes" },
		{ "memory = 512MB\n", "\"MB\" is neither a key" },
		{ "memory = 512k\n", "k stands where the end of the line belongs" },
		{ "Name = 'a'\n",
		  "line 1: cannot be parsed: \"Name\" is neither a key, which has lower-case letters" },
		{ "memory = -5\n", "\"-\" stands" },
		{ "memory =\n", "a value is missing" },
		{ "vcpus\n", "there is no equals sign behind vcpus" },
		{ "= 5\n", "= stands where a key belongs" },
		{ "5 = 5\n", "5 stands where a key belongs" },
		{ "name = 'a' 'b'\n", "'b' stands where the end of the line belongs" },
		{ "a = 1 b = 2\n", "b stands where the end of the line belongs" },
		{ "disk = [ 'a' 'b' ]\n", "'b' stands where a comma, or the end of the list, belongs" },
		{ "disk = [ , ]\n", ", stands where a value, or the end of the list, belongs" },
		{ "disk = [ 'a', , 'b' ]\n", ", stands where a value belongs" },
		{ "disk = [ 'a'; ]\n", "; stands where a comma" },
		{ "disk = [ 'file:' + path ]\n", "\"+\" stands" },
		{ "disk = [ 'a',\n 'b'\nname = 'c'\n", "line 3: cannot be parsed: name stands where a comma" },
		{ "\ndisk = [ 'a',\n 'b'\n", "line 2: cannot be parsed: the list that begins here has no end" },
		{ "disk = [ 'a' ] ]\n", "] stands where the end of the line belongs" },
		{ "\nname = 'web01\nmemory = 5\n",
		  "line 2: cannot be parsed: the string that begins here has no end" },
		{ "name = 'a\\\n'\n", "line 1: cannot be parsed: the string that begins here has no end" },
		{ "name = 'a\\x41'\n", "there is a backslash before \"x\" in a string" },
		{ "name = 'C:\\dir'\n", "there is a backslash before \"d\" in a string" },
		{ "name = 'a\\01'\n", "\\0 is no escape that xl takes" },
		{ "name = 'a'\r\nmemory = 5\r\n", "line 1: cannot be parsed: it ends in CR LF" },
		{ "name = 'a'\n# last", "line 2: cannot be parsed: the file ends in a comment without a newline" },
		{ "\f\nname = 'a'\n", "the byte 0x0c stands outside" },
		{ "\xef\xbb\xbfname = 'a'\n", "the byte 0xef stands outside" },
		{ "name = {'a'}\n", "\"{\" stands outside" },
		{ "disk = [ 'a' ]\n\ndisk += 'b'\n",
		  "line 3: cannot be parsed: disk is a list, and += would add one value" },
		{ "name = 'a'\nname += [ 'b' ]\n", "name is one value, and += would add a list to it" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bd_error err = BD_ERROR_INIT;
		if (bd_cfg_check_syntax(rows[i].text, &err) == 0)
			fail_msg("taken:\n%s", rows[i].text);
		assert_int_equal(err.code, EINVAL);
		assert_ptr_equal(strstr(err.message, "line "), err.message);
		if (!strstr(err.message, rows[i].message))
			fail_msg("\"%s\" does not say \"%s\"", err.message, rows[i].message);
		if (xlu.init && xl_takes(rows[i].text))
			fail_msg("xl takes:\n%s", rows[i].text);
	}
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Texts that are damaged at a few places, and texts that are put together from pieces of the grammar. */
static void damaged_texts_are_taken_where_xl_takes_them(void **state)
{
	static const char seed_text[] =
		"# web01\nname = \"w\\\"b\\n\"; memory = 0x200\nvcpus += 2\n"
		"disk = [ 'phy:a,b,w', # c\n\"target=/x\", [ 5, ], ]\nvif += [ 'mac=00:16:3e:0:0:1' ]\nvif += [\n]\n";
	static const char letters[] = "\"'[]=+#;,\\\n\r\t x0189aname.-*\x1b\xff";
	static const char *const pieces[] = { "a", "b",	  "=", "+=",	"[", "]", ",",	"\n",
					      ";", "'x'", "5", "# c\n", " ", "=", "'y'" };
	const char *wanted = getenv("BD_TEST_MUTATIONS");
	size_t taken = 0, refused = 0;
	uint32_t seed = 1;

	(void)state;
	if (!xlu.init)
		skip();
	for (long i = 0; i < (wanted ? atol(wanted) : 20000); i++) {
		char text[sizeof(seed_text)] = "";
		if (i % 2) {
			for (unsigned count = next_random(&seed) % 14; count; count--)
				strcat(text, pieces[next_random(&seed) % (sizeof(pieces) / sizeof(*pieces))]);
		} else {
			memcpy(text, seed_text, sizeof(text));
			for (unsigned changes = next_random(&seed) % 4; changes; changes--)
				text[next_random(&seed) % strlen(text)] =
					letters[next_random(&seed) % (sizeof(letters) - 1)];
		}
		struct bd_error err = BD_ERROR_INIT;
		bool takes = bd_cfg_check_syntax(text, &err) == 0;
		/* xl does not see a last byte that is out of place. */
		bool has_end = *text && strchr("\n;]", text[strlen(text) - 1]);
		if (takes != xl_takes(text) && (takes || has_end))
			fail_msg("xl %s it, and we do not (%s):\n%s", takes ? "refuses" : "takes", err.message, text);
		taken += takes;
		refused += !takes;
	}
	/* Both kinds are tried in earnest. */
	assert_true(taken > refused / 20 && refused > taken / 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_xl_takes_is_taken),
		cmocka_unit_test(what_xl_stumbles_over_is_named_with_its_line),
		cmocka_unit_test(damaged_texts_are_taken_where_xl_takes_them),
	};
	return cmocka_run_group_tests(tests, load_xlu, NULL);
}
