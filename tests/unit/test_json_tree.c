/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about base/json_tree.h. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_tree.h"

static struct bd_error err;

static struct bd_json_tree parse(const char *text)
{
	struct bd_json_tree tree;

	if (bd_json_parse(text, strlen(text), "t.json", &tree, &err) != 0)
		fail_msg("%s", err.message);
	return tree;
}

static void values_of_each_type_are_read(void **state)
{
	struct bd_json_tree tree =
		parse("{\"s\": \"a\\u00e9\\n\\\"\", \"n\": -1.50e3, \"t\": true, \"f\": false, \"z\": null,"
		      " \"a\": [1, [], {}], \"\": {\"x\": \"y\"}}");
	const struct bd_json_node *root = tree.root;

	(void)state;
	assert_int_equal(root->type, BD_JSON_OBJECT);
	assert_int_equal(root->child_count, 7);
	assert_null(root->key);
	assert_string_equal(bd_json_member(root, "s")->text, "a\xc3\xa9\n\"");
	assert_string_equal(bd_json_member(root, "n")->text, "-1.50e3");
	assert_int_equal(bd_json_member(root, "n")->type, BD_JSON_NUMBER);
	assert_string_equal(bd_json_member(root, "t")->text, "true");
	assert_string_equal(bd_json_member(root, "f")->text, "false");
	assert_int_equal(bd_json_member(root, "f")->type, BD_JSON_BOOL);
	assert_int_equal(bd_json_member(root, "z")->type, BD_JSON_NULL);
	const struct bd_json_node *array = bd_json_member(root, "a");
	assert_int_equal(array->child_count, 3);
	assert_string_equal(array->children[0].text, "1");
	assert_int_equal(array->children[1].type, BD_JSON_ARRAY);
	assert_int_equal(array->children[1].child_count, 0);
	assert_int_equal(array->children[2].type, BD_JSON_OBJECT);
	assert_string_equal(bd_json_member(bd_json_member(root, ""), "x")->text, "y");
	assert_null(bd_json_member(root, "none"));
	assert_null(bd_json_member(array, "x"));
	assert_string_equal(bd_json_type_name(array->type), "an array");
	assert_string_equal(bd_json_type_name(root->type), "an object");
	bd_json_tree_dispose(&tree);
	bd_json_tree_dispose(&tree);
}

static void one_value_is_a_document(void **state)
{
	static const char *const texts[] = { "7", " 7 ", "\"x\"", "null", "[]", "\n{}\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct bd_json_tree tree = parse(texts[i]);
		assert_int_equal(tree.root->column, texts[i][0] == ' ' ? 2 : 1);
		assert_int_equal(tree.root->line, texts[i][0] == '\n' ? 2 : 1);
		bd_json_tree_dispose(&tree);
	}
}

static const char *place(const char *text, unsigned line, unsigned column)
{
	for (; line > 1; line--)
		text = strchr(text, '\n') + 1;
	return text + column - 1;
}

static size_t check_places(const char *text, const struct bd_json_node *node)
{
	const char *at = place(text, node->line, node->column);
	size_t count = 1;

	if (node->type == BD_JSON_STRING)
		assert_int_equal(*at, '"');
	else if (node->type == BD_JSON_ARRAY || node->type == BD_JSON_OBJECT)
		assert_int_equal(*at, node->type == BD_JSON_ARRAY ? '[' : '{');
	else
		assert_memory_equal(at, node->text, strlen(node->text));
	if (node->key) {
		const char *key = place(text, node->key_line, node->key_column);
		assert_int_equal(*key, '"');
		assert_memory_equal(key + 1, node->key, strlen(node->key));
	}
	for (size_t i = 0; i < node->child_count; i++)
		count += check_places(text, &node->children[i]);
	return count;
}

static void each_value_and_key_knows_where_it_stands(void **state)
{
	static const char text[] = "\n { \"a\" :1,\"b\":\t[true ,false,null , -2.5e1\n,\"x\\n,:\\\"\" ,\"\"],\r\n"
				   "\"c\"\n:\n{\"d\":{},\"e\":[[ ],[[3]]]}} ";
	struct bd_json_tree tree = parse(text);

	(void)state;
	assert_int_equal(check_places(text, tree.root), 16);
	bd_json_tree_dispose(&tree);
}

static void columns_are_characters_not_bytes(void **state)
{
	struct bd_json_tree tree = parse("{\"\xc3\xa9\xe2\x82\xac\": 1, \"b\": 2}");

	(void)state;
	assert_int_equal(tree.root->children[0].column, 8);
	assert_int_equal(tree.root->children[1].key_column, 11);
	bd_json_tree_dispose(&tree);
}

static void what_is_no_json_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ "", "t.json:1:1: not JSON: the text is empty" },
		{ " \n ", "t.json:2:2: not JSON: the text is empty" },
		{ "{\n  \"a\": 1,\n}", "t.json:3:1: not JSON: a comma before the closing }" },
		{ "[1, ]", "t.json:1:5: not JSON: a comma before the closing ]" },
		{ "{\n \"a\": 1\n \"b\": 2}", "t.json:3:2: not JSON: after key and value, inside map" },
		{ "{\"a\" 1}", "t.json:1:6: not JSON: object key and value must be separated by a colon" },
		{ "{a: 1}", "t.json:1:2: not JSON: invalid char" },
		{ "[1, 'x']", "t.json:1:5: not JSON: invalid char" },
		{ "[1] 2", "t.json:1:5: not JSON: trailing garbage" },
		{ "[1}", "t.json:1:3: not JSON: after array element" },
		{ "[tru]", "t.json:1:2: not JSON: invalid string" },
		{ "[\"a\nb\"]", "t.json:1:4: not JSON: invalid character inside string" },
		{ "[\"a\xff\"]", "t.json:1:4: not JSON: invalid bytes in UTF8 string" },
		{ "{\n \"a\": [1,\n  2", "t.json:3:4: not JSON: the text ends, but the [ of line 2, column 7" },
		{ "{\"a\": \"b", "t.json:1:9: not JSON: the text ends, but the { of line 1, column 1 is not closed" },
		{ "[\"a\\u0000b\"]", "t.json:1:2: a string with \\u0000" },
		{ "{\"\\u0000\": 1}", "t.json:1:2: a key with \\u0000" },
		{ "{\"a\": 1,\n \"b\": 2,\n \"a\": 3}",
		  "t.json:3:2: \"a\" is given twice; the first is in line 1, column 2" },
		{ "[// no\n1]", "t.json:1:2: not JSON: " },
		{ "{}\n \"x", "t.json:2:2: not JSON: trailing garbage" },
		{ "[1,\f2]", "t.json:1:4: not JSON: a form feed is no white space here" },
		{ "[1\n]\v", "t.json:2:2: not JSON: a vertical tab is no white space here" },
		{ "[\"\xc3\xa9\xc0\x80\"]", "t.json:1:4: not JSON: invalid bytes in UTF8 string" },
		{ "{\"a\": \"b\\ud83d\"}", "t.json:1:9: half a surrogate pair is no character" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bd_json_tree tree = { .name = NULL };
		assert_int_equal(bd_json_parse(rows[i].text, strlen(rows[i].text), "t.json", &tree, &err), -1);
		assert_int_equal(err.code, EINVAL);
		if (strncmp(err.message, rows[i].message, strlen(rows[i].message)) != 0)
			fail_msg("%s\n  is: %s\n  not: %s", rows[i].text, err.message, rows[i].message);
		assert_null(tree.root); /* outputs stay as they are */
	}
}

static void a_text_with_a_nul_is_no_json(void **state)
{
	struct bd_json_tree tree;

	(void)state;
	assert_int_equal(bd_json_parse("[1,\0 2]", 7, "t.json", &tree, &err), -1);
	assert_int_equal(err.code, EINVAL);
}

static void there_are_64_levels_and_no_more(void **state)
{
	char text[200000];
	struct bd_json_tree tree;

	(void)state;
	memset(text, '[', 64);
	memset(text + 64, ']', 64);
	text[128] = '\0';
	tree = parse(text);
	bd_json_tree_dispose(&tree);
	memset(text, '[', sizeof(text));
	assert_int_equal(bd_json_parse(text, sizeof(text), "t.json", &tree, &err), -1);
	assert_string_equal(err.message, "t.json:1:65: more than 64 levels");
}

static void messages_begin_with_the_place(void **state)
{
	struct bd_json_tree tree = parse("{\n  \"memory\":\n    \"x\"}");

	(void)state;
	assert_int_equal(bd_json_fail(&tree, tree.root->children, &err, "it is %s", "wrong"), -1);
	assert_string_equal(err.message, "t.json:3:5: it is wrong");
	assert_int_equal(err.code, EINVAL);
	assert_int_equal(bd_json_fail_key(&tree, tree.root->children, &err, "it is %s", "wrong"), -1);
	assert_string_equal(err.message, "t.json:2:3: it is wrong");
	bd_json_fail_key(&tree, tree.root, &err, "no key");
	assert_string_equal(err.message, "t.json:1:1: no key");
	bd_json_tree_dispose(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_of_each_type_are_read),
		cmocka_unit_test(one_value_is_a_document),
		cmocka_unit_test(each_value_and_key_knows_where_it_stands),
		cmocka_unit_test(columns_are_characters_not_bytes),
		cmocka_unit_test(what_is_no_json_is_refused_with_its_place),
		cmocka_unit_test(a_text_with_a_nul_is_no_json),
		cmocka_unit_test(there_are_64_levels_and_no_more),
		cmocka_unit_test(messages_begin_with_the_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
