/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about base/json_tree.h: what is JSON by RFC 8259 and what is not, kind by kind, as test suites of JSON parsers sort
 * their cases: what every parser has to take, what none may take, and what the RFC leaves open. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_tree.h"

static struct bd_error err;

struct text {
	const char *bytes;
	size_t size;
};
/* With the NULs inside, without the one behind. */
#define TEXT(literal) \
	{ \
		literal, sizeof(literal) - 1 \
	}

/* A copy of exactly its size, so that a read behind it is seen by AddressSanitizer and valgrind. */
static int parse(const struct text *text, struct bd_json_tree *tree_out)
{
	char *copy = malloc(text->size ? text->size : 1);

	assert_non_null(copy);
	memcpy(copy, text->bytes, text->size);
	int r = bd_json_parse(copy, text->size, "t.json", tree_out, &err);
	free(copy);
	return r;
}

static void expect_taken(const struct text *texts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct bd_json_tree tree = { .name = NULL };
		if (parse(&texts[i], &tree) != 0)
			fail_msg("row %zu, %s\n  is refused: %s", i, texts[i].bytes, err.message);
		assert_non_null(tree.root);
		bd_json_tree_dispose(&tree);
	}
}

static void expect_refused(const struct text *texts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct bd_json_tree tree = { .name = NULL };
		if (parse(&texts[i], &tree) == 0)
			fail_msg("row %zu, %s\n  is taken", i, texts[i].bytes);
		assert_null(tree.root);
		assert_int_equal(err.code, EINVAL);
		unsigned line, column;
		if (sscanf(err.message, "t.json:%u:%u: ", &line, &column) != 2 || strpbrk(err.message, "\n\r"))
			fail_msg("row %zu, %s\n  has no line, column and reason in one line: %s", i, texts[i].bytes,
				 err.message);
	}
}

#define TAKEN(rows) expect_taken(rows, sizeof(rows) / sizeof(*(rows)))
#define REFUSED(rows) expect_refused(rows, sizeof(rows) / sizeof(*(rows)))

static void numbers_are_taken(void **state)
{
	static const struct text rows[] = {
		TEXT("0"),
		TEXT("-0"),
		TEXT("[-0]"),
		TEXT("7"),
		TEXT("-7"),
		TEXT("10"),
		TEXT("1234567"),
		TEXT("0.5"),
		TEXT("-0.5"),
		TEXT("10.250"),
		TEXT("1e2"),
		TEXT("1E2"),
		TEXT("1e+2"),
		TEXT("1E-2"),
		TEXT("0e0"),
		TEXT("0e+1"),
		TEXT("0.0e00"),
		TEXT("1.5e007"),
		TEXT("[4 ]"),
		TEXT("[ 4]"),
		TEXT("[1,-1]"),
		TEXT("-0.00000000000000000000000000000000000000000000000000000000000000000000000001"),
	};

	(void)state;
	TAKEN(rows);
}

static void what_only_looks_like_a_number_is_refused(void **state)
{
	static const struct text rows[] = {
		TEXT("[-]"),	    TEXT("[+1]"),	 TEXT("[--1]"),
		TEXT("[- 1]"),	    TEXT("[01]"),	 TEXT("[-01]"),
		TEXT("[00]"),	    TEXT("[-00]"),	 TEXT("[.5]"),
		TEXT("[-.5]"),	    TEXT("[1.]"),	 TEXT("[-1.]"),
		TEXT("[1.e1]"),	    TEXT("[.e1]"),	 TEXT("[1e]"),
		TEXT("[1e+]"),	    TEXT("[1E-]"),	 TEXT("[1.5e]"),
		TEXT("[1ee2]"),	    TEXT("[1e2e3]"),	 TEXT("[1.2.3]"),
		TEXT("[1e1.5]"),    TEXT("[1 000]"),	 TEXT("[1,000.]"),
		TEXT("[0x10]"),	    TEXT("[0xg]"),	 TEXT("[0b1]"),
		TEXT("[1_000]"),    TEXT("[1a]"),	 TEXT("[1/2]"),
		TEXT("[1+2]"),	    TEXT("[1-2]"),	 TEXT("[0-1]"),
		TEXT("[NaN]"),	    TEXT("[nan]"),	 TEXT("[-NaN]"),
		TEXT("[Infinity]"), TEXT("[-Infinity]"), TEXT("[inf]"),
		TEXT("[1f]"),	    TEXT("[1L]"),	 TEXT("[\xef\xbc\x91]"),
		TEXT("-"),	    TEXT("1."),		 TEXT("1e"),
		TEXT("01"),	    TEXT("1 2"),	 TEXT("[1\0]"),
		TEXT("[1\xff]"),    TEXT("[1e1\xe5]"),	 TEXT("[0\xe5]"),
	};

	(void)state;
	REFUSED(rows);
}

static void strings_are_taken(void **state)
{
	static const struct text rows[] = {
		TEXT("\"\""),
		TEXT("\" \""),
		TEXT("\"a\""),
		TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""),
		TEXT("[\"\\u0060\\u012a\\u12AB\"]"),
		TEXT("[\"\\u0022\"]"),
		TEXT("[\"\\u005c\"]"),
		TEXT("[\"\\u000a\\u001f\\u007f\"]"),
		TEXT("[\"\\\\u0000\"]"), /* a backslash, then letters */
		TEXT("[\"\\\\\\\\ud800\"]"),
		TEXT("[\"\\ud83d\\ude00\"]"), /* a surrogate pair, in the order that makes a character */
		TEXT("[\"\\uD801\\udc37\\uDBFF\\uDFFF\"]"),
		TEXT("[\"\\ufffd\\ufffe\\uffff\\ufdd0\"]"), /* no characters, yet code points */
		TEXT("[\"\x7f\"]"), /* no control character to JSON */
		TEXT("[\"\xc2\x80\xdf\xbf\"]"), /* the first and the last of each length */
		TEXT("[\"\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\"]"),
		TEXT("[\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"]"),
		TEXT("[\"\xe2\x80\xa8\xe2\x80\xa9\"]"), /* line ends of JavaScript */
		TEXT("[\"\xef\xbb\xbf\"]"), /* in a string it is a character */
		TEXT("[\"// no /* comment */ # here\"]"),
		TEXT("[\"[{]},:\"]"),
	};

	(void)state;
	TAKEN(rows);
}

static void what_is_no_string_is_refused(void **state)
{
	static const struct text rows[] = {
		TEXT("\""),
		TEXT("[\""),
		TEXT("[\"a"),
		TEXT("[\"a]"),
		TEXT("[\"a\\"),
		TEXT("[\"a\\\"]"),
		TEXT("['a']"),
		TEXT("[`a`]"),
		TEXT("[a]"),
		TEXT("[\\\"a\\\"]"),
		TEXT("[\\u0061]"),
		TEXT("[\xc3\xa9]"),
		TEXT("[\"\\a\"]"),
		TEXT("[\"\\v\"]"),
		TEXT("[\"\\'\"]"),
		TEXT("[\"\\0\"]"),
		TEXT("[\"\\x41\"]"),
		TEXT("[\"\\U00000041\"]"),
		TEXT("[\"\\ \"]"),
		TEXT("[\"\\\n\"]"),
		TEXT("[\"\\\t\"]"),
		TEXT("[\"\\\0\"]"),
		TEXT("[\"\\\xc3\xa9\"]"),
		TEXT("[\"\\\xf0\x9f\x98\x80\"]"),
		TEXT("[\"\\u\"]"),
		TEXT("[\"\\u1\"]"),
		TEXT("[\"\\u12\"]"),
		TEXT("[\"\\u123\"]"),
		TEXT("[\"\\u12"),
		TEXT("[\"\\u123g\"]"),
		TEXT("[\"\\u{41}\"]"),
		TEXT("[\"\\u 041\"]"),
		TEXT("[\"\\u-041\"]"),
		TEXT("[\"\n\"]"),
		TEXT("[\"\r\"]"),
		TEXT("[\"\t\"]"),
		TEXT("[\"\x1f\"]"),
		TEXT("[\"a\0b\"]"),
		TEXT("[\"a\"b\"]"),
		TEXT("[\"a\" \"b\"]"),
		TEXT("\"a\" \"b\""),
	};

	(void)state;
	REFUSED(rows);
}

/* The grammar has these; as a name or a path they would end where nobody sees it, or become another. */
static void an_escaped_nul_and_half_a_surrogate_pair_are_refused(void **state)
{
	static const struct text rows[] = {
		TEXT("\"\\u0000\""),
		TEXT("[\"a\\u0000b\"]"),
		TEXT("{\"\\u0000\": 1}"),
		TEXT("{\"a\\u0000b\": 1}"),
		TEXT("[\"\\ud800\"]"),
		TEXT("[\"\\uDBFF\"]"),
		TEXT("[\"\\udc00\"]"),
		TEXT("[\"\\uDFFF\"]"),
		TEXT("[\"a\\ud83dz\"]"),
		TEXT("[\"\\ud83d\\n\"]"),
		TEXT("[\"\\ud83d\\\\ude00\"]"),
		TEXT("[\"\\ud83d\\u0041\"]"),
		TEXT("[\"\\ud83d\\ud83d\"]"),
		TEXT("[\"\\ud83d\\ud83d\\ude00\"]"),
		TEXT("[\"\\ude00\\ud83d\"]"),
		TEXT("[\"\\ud83d\\u\"]"),
		TEXT("[\"\\ud83d\\ude0\"]"),
		TEXT("[\"\\ud83d\xf0\x9f\x98\x80\"]"),
		TEXT("{\"\\udc00\": 1}"),
		TEXT("{\"\\ud800\\ud800\": 1}"),
	};

	(void)state;
	REFUSED(rows);
}

static void bytes_that_are_no_utf8_are_refused(void **state)
{
	static const struct text rows[] = {
		TEXT("[\"\xff\"]"),
		TEXT("[\"\xfe\"]"),
		TEXT("[\"\x80\"]"), /* the rest of a character without its beginning */
		TEXT("[\"\xbf\"]"),
		TEXT("[\"a\xc3\"]"), /* the beginning without the rest */
		TEXT("[\"\xc3z\"]"),
		TEXT("[\"\xe9\"]"), /* Latin-1 */
		TEXT("[\"\xe2\x82\"]"),
		TEXT("[\"\xe2(\xa1\"]"),
		TEXT("[\"\xf0\x9f\x98\"]"),
		TEXT("[\"\xc0\x80\"]"), /* longer than need be */
		TEXT("[\"\xc1\xbf\"]"),
		TEXT("[\"\xc0\xaf\"]"),
		TEXT("[\"\xe0\x80\xaf\"]"),
		TEXT("[\"\xe0\x9f\xbf\"]"),
		TEXT("[\"\xf0\x80\x80\xaf\"]"),
		TEXT("[\"\xf0\x8f\xbf\xbf\"]"),
		TEXT("[\"\xed\xa0\x80\"]"), /* surrogates */
		TEXT("[\"\xed\xbf\xbf\"]"),
		TEXT("[\"\xed\xa0\xbd\xed\xb8\x80\"]"),
		TEXT("[\"\xf4\x90\x80\x80\"]"), /* behind the last code point */
		TEXT("[\"\xf5\x80\x80\x80\"]"),
		TEXT("[\"\xf7\xbf\xbf\xbf\"]"),
		TEXT("[\"\xf8\x88\x80\x80\x80\"]"), /* five and six bytes */
		TEXT("[\"\xfc\x83\xbf\xbf\xbf\xbf\"]"),
		TEXT("{\"\xff\": 1}"),
		TEXT("{\"\xc0\x80\": 1}"),
		TEXT("{\"\xed\xa0\x80\": 1}"),
		TEXT("\xff"),
		TEXT("[\xff]"),
		TEXT("[1]\xe5"),
		TEXT("[\"\xe2"),
	};

	(void)state;
	REFUSED(rows);
}

static void other_encodings_and_their_marks_are_refused(void **state)
{
	static const struct text rows[] = {
		TEXT("\xef\xbb\xbf[]"), TEXT("\xef\xbb\xbf{}"),	   TEXT("\xef\xbb\xbf"),   TEXT("\xef\xbb[]"),
		TEXT("\xef[]"),		TEXT("\xff\xfe[\0]\0"),	   TEXT("\xfe\xff\0[\0]"), TEXT("[\0]\0"),
		TEXT("\0[\0]"),		TEXT("[\0\"\0a\0\"\0]\0"), TEXT("\0\0\0[\0\0\0]"),
	};

	(void)state;
	REFUSED(rows);
}

static void arrays_and_objects_are_taken(void **state)
{
	static const struct text rows[] = {
		TEXT("[]"),
		TEXT("{}"),
		TEXT("[[]]"),
		TEXT("[{}]"),
		TEXT("[[] ]"),
		TEXT("[null,1,\"1\",{}]"),
		TEXT("[null,null]"),
		TEXT("[1,null,null,2]"),
		TEXT("[\"\"]"),
		TEXT("[true]"),
		TEXT("[ false ]"),
		TEXT("{\"\":0}"),
		TEXT("{\"a\":[]}"),
		TEXT("{\"a\":{\"a\":{\"a\":1}}}"), /* the same key, each in an object of its own */
		TEXT("[{\"a\":1},{\"a\":1}]"),
		TEXT("{\"a\":1,\"A\":2,\" a\":3,\"a \":4}"),
		TEXT("{\"min\": -1.0e+28, \"max\": 1.0e+28}"),
		TEXT("{\"\\u043f\": \"\xd0\xbf\"}"),
		TEXT("{\"\\n\": 1}"),
	};

	(void)state;
	TAKEN(rows);
}

static void what_is_no_array_is_refused(void **state)
{
	static const struct text rows[] = {
		TEXT("["),
		TEXT("]"),
		TEXT("[1"),
		TEXT("[1,"),
		TEXT("[1,]"),
		TEXT("[1,,]"),
		TEXT("[1,,2]"),
		TEXT("[,1]"),
		TEXT("[,]"),
		TEXT("[1,\n]"),
		TEXT("[\"\",]"),
		TEXT("[1 2]"),
		TEXT("[1;2]"),
		TEXT("[1:2]"),
		TEXT("[\"a\":1]"),
		TEXT("[1}"),
		TEXT("[1]]"),
		TEXT("[1]x"),
		TEXT("[[]"),
		TEXT("[][]"),
		TEXT("[3[4]]"),
		TEXT("[1 true]"),
		TEXT("[true"),
		TEXT("[tru"),
		TEXT("[True]"),
		TEXT("[TRUE]"),
		TEXT("[nul]"),
		TEXT("[nulll]"),
		TEXT("[truefalse]"),
		TEXT("[fals]"),
		TEXT("[undefined]"),
		TEXT("[*]"),
		TEXT("[<null>]"),
		TEXT("<.>"),
		TEXT("[...]"),
		TEXT("(1)"),
		TEXT("[1\n2]"),
		TEXT("[\"x\", truth]"),
		TEXT("[\"a\",\n4\n,1,"),
		TEXT("[]]"),
		TEXT("[{]"),
		TEXT("[}"),
	};

	(void)state;
	REFUSED(rows);
}

static void what_is_no_object_is_refused(void **state)
{
	static const struct text rows[] = {
		TEXT("{"),
		TEXT("}"),
		TEXT("{\"a\""),
		TEXT("{\"a\":"),
		TEXT("{\"a\":1"),
		TEXT("{\"a\":1,"),
		TEXT("{\"a\":1,}"),
		TEXT("{\"a\":1,,}"),
		TEXT("{\"a\":1,,\"b\":2}"),
		TEXT("{,\"a\":1}"),
		TEXT("{,}"),
		TEXT("{\"a\"}"),
		TEXT("{\"a\":}"),
		TEXT("{:1}"),
		TEXT("{\"a\" 1}"),
		TEXT("{\"a\",1}"),
		TEXT("{\"a\", \"b\"}"),
		TEXT("{\"a\"::1}"),
		TEXT("{\"a\":1:2}"),
		TEXT("{\"a\"=1}"),
		TEXT("{\"a\"=>1}"),
		TEXT("{\"a\":1 \"b\":2}"),
		TEXT("{\"a\":1;\"b\":2}"),
		TEXT("{a:1}"),
		TEXT("{'a':1}"),
		TEXT("{1:1}"),
		TEXT("{1e2:1}"),
		TEXT("{null:1}"),
		TEXT("{[]:1}"),
		TEXT("{[\"a\"]:1}"),
		TEXT("{{}:1}"),
		TEXT("{\"a\":1]"),
		TEXT("{\"a\":1}}"),
		TEXT("{\"a\":1}#"),
		TEXT("{\"a\":1}{\"a\":1}"),
		TEXT("{} {}"),
		TEXT("{}\0"),
		TEXT("{\xff:1}"),
		TEXT("{\"a\":\"b\"}/"),
		TEXT("{\"a\":x}"),
		TEXT("{\"a\":'b'}"),
		TEXT("{\"a\":a \"b\"}"),
		TEXT("{\xf0\x9f\x87\xa8\xf0\x9f\x87\xad}"),
	};

	(void)state;
	REFUSED(rows);
}

/* The RFC says of doubled keys only that what comes of them cannot be foreseen. */
static void a_key_that_comes_twice_is_refused(void **state)
{
	static const struct text rows[] = {
		TEXT("{\"a\":1,\"a\":1}"),
		TEXT("{\"a\":1,\"a\":2}"),
		TEXT("{\"a\":1,\"b\":2,\"a\":1}"),
		TEXT("{\"\":1,\"\":1}"),
		TEXT("{\"a\":1,\"\\u0061\":2}"), /* written differently */
		TEXT("[[{\"x\":{\"a\":1,\"a\":1}}]]"),
	};

	(void)state;
	REFUSED(rows);
}

static void a_document_is_one_value_of_any_type(void **state)
{
	static const struct text rows[] = {
		TEXT("null"),
		TEXT("true"),
		TEXT("false"),
		TEXT("42"),
		TEXT("-0.1"),
		TEXT("\"x\""),
		TEXT(" [] "),
		TEXT("\n[]"),
		TEXT("[]\n"),
		TEXT("\t\r\n {} \n\r\t"),
		TEXT("[\n]"),
		TEXT("[\t1\r,\n2 ]"),
		TEXT("{\t\"a\"\r:\n1 }"),
	};

	(void)state;
	TAKEN(rows);
}

static void a_text_without_a_value_or_with_two_is_refused(void **state)
{
	static const struct text rows[] = {
		TEXT(""),	  TEXT(" "),	    TEXT("\n"),
		TEXT("\0"),	  TEXT("tru"),	    TEXT("nul"),
		TEXT("nulll"),	  TEXT("truex"),    TEXT("a"),
		TEXT("\xc3\xa9"), TEXT("*"),	    TEXT(","),
		TEXT(":"),	  TEXT("1,2"),	    TEXT("1]"),
		TEXT("1 true"),	  TEXT("\"a\"x"),   TEXT("null null"),
		TEXT("[]\""),	  TEXT("[] \"x"),   TEXT("{\"a\":1}\""),
		TEXT("\"a\"\""),  TEXT("1 \""),	    TEXT("null\n\"x"),
		TEXT("[]-"),	  TEXT("[]tru"),    TEXT("[]\"\\"),
		TEXT("[] 1"),	  TEXT("[],"),	    TEXT("[]\0"),
		TEXT("[]\0\n"),	  TEXT("[] \0 []"), TEXT("@"),
	};

	(void)state;
	REFUSED(rows);
}

static void white_space_is_space_tab_and_line_ends_only(void **state)
{
	static const struct text rows[] = {
		TEXT("\f[]"),
		TEXT("[]\f"),
		TEXT("[\f]"),
		TEXT("[1\f]"),
		TEXT("[\f1]"),
		TEXT("[1,\f2]"),
		TEXT("[1\f,2]"),
		TEXT("{\f}"),
		TEXT("{\f\"a\":1}"),
		TEXT("{\"a\"\f:1}"),
		TEXT("{\"a\":\f1}"),
		TEXT("{\"a\":1\f}"),
		TEXT("1\f"),
		TEXT("\f1"),
		TEXT("\f"),
		TEXT("[] \n\f"),
		TEXT("\v[]"),
		TEXT("[]\v"),
		TEXT("[\v]"),
		TEXT("{\"a\":1\v}"),
		TEXT("[\b]"),
		TEXT("[\x1f]"),
		TEXT("[\x7f]"),
		TEXT("[\xc2\xa0]"),
		TEXT("[\xc2\x85]"),
		TEXT("[\xe2\x80\xa8]"),
		TEXT("[\xe2\x81\xa0]"),
		TEXT("[\xe3\x80\x80]"),
		TEXT("[\xef\xbb\xbf]"),
		TEXT("[]\xe2\x81\xa0"),
		TEXT("[\x1b]"),
		TEXT("[\x1a]"),
	};

	(void)state;
	REFUSED(rows);
}

static void there_are_no_comments(void **state)
{
	static const struct text rows[] = {
		TEXT("/**/[]"),
		TEXT("[]/**/"),
		TEXT("[/* no */]"),
		TEXT("[1/* no */,2]"),
		TEXT("// no\n[]"),
		TEXT("[]// no"),
		TEXT("[] // no\n"),
		TEXT("[]#"),
		TEXT("# no\n[]"),
		TEXT("[1]/"),
		TEXT("{\"a\":1}/**/"),
		TEXT("{\"a\":/* no */1}"),
		TEXT("{\"a\":\"b\"}/**//"),
		TEXT("{/**/}"),
		TEXT("[/* no"),
		TEXT("<!-- no -->[]"),
		TEXT("[--no\n]"),
		TEXT("[;no\n]"),
	};

	(void)state;
	REFUSED(rows);
}

/* Read and kept as they are written; whoever wants a number of them sees whether it fits. */
static void numbers_of_any_size_keep_their_digits(void **state)
{
	static const struct text rows[] = {
		TEXT("9007199254740993"),
		TEXT("-9223372036854775809"),
		TEXT("18446744073709551616"),
		TEXT("100000000000000000000000000000000000000000000000000000000000000"),
		TEXT("1e400"),
		TEXT("-1e-400"),
		TEXT("1e99999999999999999999"),
		TEXT("0.4e00669999999999999999999999999999999999999999999999999999999999999999999999999969999999006"),
		TEXT("123123e-10000000"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bd_json_tree tree;
		assert_int_equal(parse(&rows[i], &tree), 0);
		assert_int_equal(tree.root->type, BD_JSON_NUMBER);
		assert_string_equal(tree.root->text, rows[i].bytes);
		bd_json_tree_dispose(&tree);
	}
}

static void escapes_become_the_characters_that_they_mean(void **state)
{
	static const struct {
		struct text text;
		const char *value;
	} rows[] = {
		{ TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), "\"\\/\b\f\n\r\t" },
		{ TEXT("\"\\u0041\\u00e9\\u20AC\""), "A\xc3\xa9\xe2\x82\xac" },
		{ TEXT("\"\\ud83d\\ude00\""), "\xf0\x9f\x98\x80" },
		{ TEXT("\"x\\uDBFF\\uDFFFy\""), "x\xf4\x8f\xbf\xbfy" },
		{ TEXT("\"\\uffff\""), "\xef\xbf\xbf" },
		{ TEXT("\"\\\\u0000\""), "\\u0000" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bd_json_tree tree;
		if (parse(&rows[i].text, &tree) != 0)
			fail_msg("%s", err.message);
		assert_string_equal(tree.root->text, rows[i].value);
		bd_json_tree_dispose(&tree);
	}
}

/* Opened, opened and closed, and opened in turn; nothing of it takes the stack, and nothing of it a minute. */
static void depth_has_a_limit_that_is_named(void **state)
{
	static const struct {
		const char *open, *close;
		unsigned column; /* of the one too many */
	} rows[] = { { "[", "", 65 }, { "[", "]", 65 }, { "{\"\":", "", 257 }, { "[{\"\":", "", 161 } };
	enum { COUNT = 400000 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		size_t open = strlen(rows[i].open), close = strlen(rows[i].close);
		char *text = malloc(COUNT * (open + close)), expected[64];
		struct bd_json_tree tree = { .name = NULL };
		assert_non_null(text);
		for (size_t k = 0; k < COUNT; k++)
			memcpy(text + k * open, rows[i].open, open);
		memset(text + COUNT * open, ']', COUNT * close);
		assert_int_equal(bd_json_parse(text, COUNT * (open + close), "t.json", &tree, &err), -1);
		snprintf(expected, sizeof(expected), "t.json:1:%u: more than 64 levels", rows[i].column);
		assert_string_equal(err.message, expected);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_taken),
		cmocka_unit_test(what_only_looks_like_a_number_is_refused),
		cmocka_unit_test(strings_are_taken),
		cmocka_unit_test(what_is_no_string_is_refused),
		cmocka_unit_test(an_escaped_nul_and_half_a_surrogate_pair_are_refused),
		cmocka_unit_test(bytes_that_are_no_utf8_are_refused),
		cmocka_unit_test(other_encodings_and_their_marks_are_refused),
		cmocka_unit_test(arrays_and_objects_are_taken),
		cmocka_unit_test(what_is_no_array_is_refused),
		cmocka_unit_test(what_is_no_object_is_refused),
		cmocka_unit_test(a_key_that_comes_twice_is_refused),
		cmocka_unit_test(a_document_is_one_value_of_any_type),
		cmocka_unit_test(a_text_without_a_value_or_with_two_is_refused),
		cmocka_unit_test(white_space_is_space_tab_and_line_ends_only),
		cmocka_unit_test(there_are_no_comments),
		cmocka_unit_test(numbers_of_any_size_keep_their_digits),
		cmocka_unit_test(escapes_become_the_characters_that_they_mean),
		cmocka_unit_test(depth_has_a_limit_that_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
