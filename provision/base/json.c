/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A thin cover over yajl_gen: errors are remembered and reported once, by bd_json_print. */
#include "base/json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>

#include "base/cleanup.h"

struct bd_json {
	yajl_gen gen;
	bool failed;
};

struct bd_json *bd_json_new(void)
{
	struct bd_json *json = calloc(1, sizeof(*json));

	if (!json)
		return NULL;
	json->gen = yajl_gen_alloc(NULL);
	if (!json->gen) {
		free(json);
		return NULL;
	}
	yajl_gen_config(json->gen, yajl_gen_beautify, 1);
	yajl_gen_config(json->gen, yajl_gen_indent_string, "  ");
	return json;
}

void bd_json_free(struct bd_json **json)
{
	if (!*json)
		return;
	yajl_gen_free((*json)->gen);
	free(bd_take_ptr(*json));
}

static void note(struct bd_json *json, yajl_gen_status status)
{
	if (status != yajl_gen_status_ok)
		json->failed = true;
}

/* The length of the UTF-8 sequence at text, 0 when it is none (RFC 3629: no overlong forms, no surrogates). */
static size_t utf8_length(const unsigned char *text)
{
	static const struct {
		unsigned char first_low, first_high, second_low, second_high;
		size_t length;
	} forms[] = {
		{ 0x01, 0x7f, 0, 0, 1 },       { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		if (text[0] < forms[i].first_low || text[0] > forms[i].first_high)
			continue;
		if (forms[i].length > 1 && (text[1] < forms[i].second_low || text[1] > forms[i].second_high))
			return 0;
		for (size_t k = 2; k < forms[i].length; k++)
			if (text[k] < 0x80 || text[k] > 0xbf)
				return 0;
		return forms[i].length;
	}
	return 0;
}

static void put_text(struct bd_json *json, const char *value)
{
	BD_FREE char *clean = malloc(3 * strlen(value) + 1);
	char *to = clean;

	if (!clean) {
		json->failed = true;
		return;
	}
	for (const unsigned char *from = (const unsigned char *)value; *from;) {
		size_t length = utf8_length(from);
		memcpy(to, length ? (const char *)from : "\xef\xbf\xbd", length ? length : 3);
		to += length ? length : 3;
		from += length ? length : 1;
	}
	note(json, yajl_gen_string(json->gen, (const unsigned char *)clean, (size_t)(to - clean)));
}

static void put_key(struct bd_json *json, const char *key)
{
	if (key)
		put_text(json, key);
}

void bd_json_open_object(struct bd_json *json, const char *key)
{
	put_key(json, key);
	note(json, yajl_gen_map_open(json->gen));
}

void bd_json_close_object(struct bd_json *json)
{
	note(json, yajl_gen_map_close(json->gen));
}

void bd_json_open_array(struct bd_json *json, const char *key)
{
	put_key(json, key);
	note(json, yajl_gen_array_open(json->gen));
}

void bd_json_close_array(struct bd_json *json)
{
	note(json, yajl_gen_array_close(json->gen));
}

void bd_json_string(struct bd_json *json, const char *key, const char *value)
{
	put_key(json, key);
	if (value)
		put_text(json, value);
	else
		note(json, yajl_gen_null(json->gen));
}

void bd_json_uint(struct bd_json *json, const char *key, uint64_t value)
{
	char text[32];

	put_key(json, key);
	/* yajl_gen_integer takes a signed number. */
	int n = snprintf(text, sizeof(text), "%" PRIu64, value);
	note(json, yajl_gen_number(json->gen, text, (size_t)n));
}

void bd_json_double(struct bd_json *json, const char *key, double value)
{
	char text[32];

	put_key(json, key);
	int n = snprintf(text, sizeof(text), "%.3f", value);
	note(json, yajl_gen_number(json->gen, text, (size_t)n));
}

void bd_json_bool(struct bd_json *json, const char *key, bool value)
{
	put_key(json, key);
	note(json, yajl_gen_bool(json->gen, value));
}

int bd_json_print(struct bd_json *json, FILE *out, struct bd_error *err)
{
	const unsigned char *text;
	size_t size;

	if (json->failed || yajl_gen_get_buf(json->gen, &text, &size) != yajl_gen_status_ok)
		return bd_fail(err, EIO, "cannot make the JSON output");
	if (fwrite(text, 1, size, out) != size || fflush(out) != 0)
		return bd_fail_errno(err, "cannot write the output");
	return 0;
}
