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
		  "line 2: cannot be parsed: unexpected \"+\": xl does not evaluate expressions; "
		  "write the result" },
		{ "name = 'a'\n\nmemory = 2 * 48\n", "line 3: cannot be parsed: unexpected \"*\"" },
		{ "disk = [ 'a' ]\nname = 'a%d' % 5\n", "line 2: cannot be parsed: unexpected \"%\"" },
		{ "kernel = \"/boot/%s\" % name\n", "line 1: cannot be parsed: unexpected \"%\"" },
		{ "memory = int(64)\n", "expected a value instead of int: put text in quotes" },
		{ "import os\n", "line 1: cannot be parsed: \"=\" expected after import" },
		{ "def vm():\n", "\"=\" expected after def" },
		{ "name = web01\n", "expected a value instead of web01: put text in quotes" },
		{ "memory = 512MB\n", "\"MB\" is neither a key" },
		{ "memory = 512k\n", "expected the end of the line instead of k" },
		{ "Name = 'a'\n", "line 1: cannot be parsed: \"Name\" is neither a key (lower-case letters)" },
		{ "memory = -5\n", "unexpected \"-\"" },
		{ "memory =\n", "a value is missing" },
		{ "vcpus\n", "\"=\" expected after vcpus" },
		{ "= 5\n", "expected a key instead of =" },
		{ "5 = 5\n", "expected a key instead of 5" },
		{ "name = 'a' 'b'\n", "expected the end of the line instead of 'b'" },
		{ "a = 1 b = 2\n", "expected the end of the line instead of b" },
		{ "disk = [ 'a' 'b' ]\n", "expected a comma or the end of the list instead of 'b'" },
		{ "disk = [ , ]\n", "expected a value or the end of the list instead of ," },
		{ "disk = [ 'a', , 'b' ]\n", "expected a value instead of ," },
		{ "disk = [ 'a'; ]\n", "expected a comma or the end of the list instead of ;" },
		{ "disk = [ 'file:' + path ]\n", "unexpected \"+\"" },
		{ "disk = [ 'a',\n 'b'\nname = 'c'\n", "line 3: cannot be parsed: expected a comma or the end of the list instead of name" },
		{ "\ndisk = [ 'a',\n 'b'\n", "line 2: cannot be parsed: the list is not closed" },
		{ "disk = [ 'a' ] ]\n", "expected the end of the line instead of ]" },
		{ "\nname = 'web01\nmemory = 5\n", "line 2: cannot be parsed: the string is not closed" },
		{ "name = 'a\\\n'\n", "line 1: cannot be parsed: the string is not closed" },
		{ "name = 'a\\x41'\n", "there is a backslash before \"x\" in a string" },
		{ "name = 'C:\\dir'\n", "there is a backslash before \"d\" in a string" },
		{ "name = 'a\\01'\n", "xl does not know the escape \\0" },
		{ "name = 'a'\r\nmemory = 5\r\n", "line 1: cannot be parsed: it ends in CR LF" },
		{ "name = 'a'\n# last", "line 2: cannot be parsed: the file ends in a comment without a newline" },
		{ "\f\nname = 'a'\n", "unexpected byte 0x0c" },
		{ "\xef\xbb\xbfname = 'a'\n", "unexpected byte 0xef" },
		{ "name = {'a'}\n", "unexpected \"{\"" },
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
