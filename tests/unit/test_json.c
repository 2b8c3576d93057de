/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about base/json.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

/* The document with all blanks outside strings taken out; the caller frees. */
static char *print(struct bd_json *json)
{
	struct bd_error err = BD_ERROR_INIT;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool in_string = false;

	if (bd_json_print(json, out, &err) != 0)
		fail_msg("%s", err.message);
	fclose(out);
	assert_int_equal(text[size - 1], '\n');
	char *to = text;
	for (const char *at = text; *at; at++) {
		if (*at == '"' && (at == text || at[-1] != '\\'))
			in_string = !in_string;
		if (in_string || (*at != ' ' && *at != '\n'))
			*to++ = *at;
	}
	*to = '\0';
	return text;
}

static void assert_value(const char *value, const char *printed)
{
	struct bd_json *json = bd_json_new();

	bd_json_open_array(json, NULL);
	bd_json_string(json, NULL, value);
	bd_json_close_array(json);
	char *text = print(json);
	assert_string_equal(text, printed);
	free(text);
	bd_json_free(&json);
	assert_null(json);
	bd_json_free(&json);
}

static void objects_arrays_and_every_kind_of_value(void **state)
{
	struct bd_json *json = bd_json_new();

	(void)state;
	bd_json_open_object(json, NULL);
	bd_json_string(json, "name", "web01");
	bd_json_string(json, "network", NULL);
	bd_json_uint(json, "size", 4141875200);
	bd_json_double(json, "seconds", 0.25);
	bd_json_bool(json, "ready", true);
	bd_json_open_array(json, "regions");
	bd_json_open_object(json, NULL);
	bd_json_uint(json, "lba", 0);
	bd_json_close_object(json);
	bd_json_uint(json, NULL, 7);
	bd_json_close_array(json);
	bd_json_open_object(json, "empty");
	bd_json_close_object(json);
	bd_json_close_object(json);
	char *text = print(json);
	assert_string_equal(text, "{\"name\":\"web01\",\"network\":null,\"size\":4141875200,\"seconds\":0.250,"
				  "\"ready\":true,\"regions\":[{\"lba\":0},7],\"empty\":{}}");
	free(text);
	bd_json_free(&json);
}

static void strings_are_escaped(void **state)
{
	(void)state;
	assert_value("a\"b\\c", "[\"a\\\"b\\\\c\"]");
	assert_value("a\nb\tc", "[\"a\\nb\\tc\"]");
	assert_value("\x01", "[\"\\u0001\"]");
	assert_value("caf\xc3\xa9 \xf0\x9f\x90\xa7", "[\"caf\xc3\xa9 \xf0\x9f\x90\xa7\"]");
}

#define REPLACED "\xef\xbf\xbd"
static void bytes_that_are_no_utf8_are_replaced(void **state)
{
	(void)state;
	assert_value("a\xff"
		     "b",
		     "[\"a" REPLACED "b\"]");
	assert_value("\xc3", "[\"" REPLACED "\"]");
	assert_value("\xe2\x82", "[\"" REPLACED REPLACED "\"]");
	assert_value("\xc0\xaf", "[\"" REPLACED REPLACED "\"]"); /* overlong */
	assert_value("\xed\xa0\x80", "[\"" REPLACED REPLACED REPLACED "\"]"); /* a surrogate */
	assert_value("\xf4\x90\x80\x80", "[\"" REPLACED REPLACED REPLACED REPLACED "\"]");
}

static void no_control_character_is_printed(void **state)
{
	(void)state;
	assert_value("a\x1b\x7f"
		     "b\n",
		     "[\"a\\u001B\\u007fb\\n\"]");
	assert_value("\xc2\x9b\xc2\x80\xc2\xa0\xc3\x9b", "[\"\\u009b\\u0080\xc2\xa0\xc3\x9b\"]");
}

static void every_unsigned_number_is_printed_as_it_is(void **state)
{
	struct bd_json *json = bd_json_new();

	(void)state;
	bd_json_open_array(json, NULL);
	bd_json_uint(json, NULL, INT64_MAX);
	bd_json_uint(json, NULL, UINT64_MAX);
	bd_json_close_array(json);
	char *text = print(json);
	assert_string_equal(text, "[9223372036854775807,18446744073709551615]");
	free(text);
	bd_json_free(&json);
}

static void a_document_that_cannot_be_written_is_an_error(void **state)
{
	struct bd_error err = BD_ERROR_INIT;
	struct bd_json *json = bd_json_new();
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	bd_json_open_object(json, NULL);
	bd_json_close_object(json);
	assert_int_equal(bd_json_print(json, full, &err), -1);
	assert_int_not_equal(err.code, 0);
	fclose(full);
	bd_json_free(&json);
}

static void a_document_that_makes_no_sense_is_an_error(void **state)
{
	struct bd_error err = BD_ERROR_INIT;
	struct bd_json *json = bd_json_new();

	(void)state;
	bd_json_open_object(json, NULL);
	bd_json_close_object(json);
	bd_json_close_object(json);
	assert_int_equal(bd_json_print(json, stdout, &err), -1);
	bd_json_free(&json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_arrays_and_every_kind_of_value),
		cmocka_unit_test(strings_are_escaped),
		cmocka_unit_test(bytes_that_are_no_utf8_are_replaced),
		cmocka_unit_test(no_control_character_is_printed),
		cmocka_unit_test(every_unsigned_number_is_printed_as_it_is),
		cmocka_unit_test(a_document_that_cannot_be_written_is_an_error),
		cmocka_unit_test(a_document_that_makes_no_sense_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
