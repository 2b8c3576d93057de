/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A thin wrapper around yajl_gen: errors are remembered and reported once, by bd_json_print. */
#include "base/json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/printable.h"

struct bd_json {
	yajl_gen gen;
	bool failed, one_line;
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

struct bd_json *bd_json_begin(void)
{
	struct bd_json *json = bd_json_new();

	bd_json_open_object(json, NULL);
	return json;
}

struct bd_json *bd_json_begin_line(void)
{
	struct bd_json *json = bd_json_new();

	if (json) {
		yajl_gen_config(json->gen, yajl_gen_beautify, 0);
		json->one_line = true;
	}
	bd_json_open_object(json, NULL);
	return json;
}

void bd_json_free(struct bd_json **json)
{
	if (!*json)
		return;
	yajl_gen_free((*json)->gen);
	free(bd_take_ptr(*json));
}

/* Does what is to be generated, and remembers when it fails; nothing where there is no memory for a generator. */
#define GENERATE(json, call) \
	do { \
		if ((json) && (call) != yajl_gen_status_ok) \
			(json)->failed = true; \
	} while (0)

static void put_text(struct bd_json *json, const char *value)
{
	BD_FREE char *clean = malloc(3 * strlen(value) + 1);
	char *to = clean;

	if (!clean) {
		GENERATE(json, yajl_gen_in_error_state);
		return;
	}
	for (const char *from = value; *from;) {
		size_t length = bd_utf8_length(from);
		memcpy(to, length ? from : "\xef\xbf\xbd", length ? length : 3);
		to += length ? length : 3;
		from += length ? length : 1;
	}
	GENERATE(json, yajl_gen_string(json->gen, (const unsigned char *)clean, (size_t)(to - clean)));
}

static void put_key(struct bd_json *json, const char *key)
{
	if (key)
		put_text(json, key);
}

void bd_json_open_object(struct bd_json *json, const char *key)
{
	put_key(json, key);
	GENERATE(json, yajl_gen_map_open(json->gen));
}

void bd_json_close_object(struct bd_json *json)
{
	GENERATE(json, yajl_gen_map_close(json->gen));
}

void bd_json_open_array(struct bd_json *json, const char *key)
{
	put_key(json, key);
	GENERATE(json, yajl_gen_array_open(json->gen));
}

void bd_json_close_array(struct bd_json *json)
{
	GENERATE(json, yajl_gen_array_close(json->gen));
}

void bd_json_string(struct bd_json *json, const char *key, const char *value)
{
	put_key(json, key);
	if (value)
		put_text(json, value);
	else
		GENERATE(json, yajl_gen_null(json->gen));
}

void bd_json_uuid(struct bd_json *json, const char *key, const uint8_t *uuid)
{
	char text[BD_UUID_TEXT_SIZE];

	if (uuid)
		bd_format_uuid(uuid, text);
	bd_json_string(json, key, uuid ? text : NULL);
}

void bd_json_error(struct bd_json *json, const char *key, const struct bd_error *err)
{
	if (!err) {
		bd_json_string(json, key, NULL);
		return;
	}
	bd_json_open_object(json, key);
	bd_json_string(json, "kind", bd_error_kind_name(err->kind));
	bd_json_string(json, "message", err->message);
	bd_json_close_object(json);
}

void bd_json_uint(struct bd_json *json, const char *key, uint64_t value)
{
	char text[32];

	put_key(json, key);
	/* yajl_gen_integer takes a signed number. */
	int n = snprintf(text, sizeof(text), "%" PRIu64, value);
	GENERATE(json, yajl_gen_number(json->gen, text, (size_t)n));
}

void bd_json_double(struct bd_json *json, const char *key, double value)
{
	char text[32];

	put_key(json, key);
	int n = snprintf(text, sizeof(text), "%.3f", value);
	GENERATE(json, yajl_gen_number(json->gen, text, (size_t)n));
}

void bd_json_bool(struct bd_json *json, const char *key, bool value)
{
	put_key(json, key);
	GENERATE(json, yajl_gen_bool(json->gen, value));
}

/* JSON lets DEL and U+0080 to U+009F stand as they are; a terminal might obey them. They can be in strings only. */
static void print_safely(const char *text, size_t size, FILE *out)
{
	const char *end = text + size;

	for (const char *at = text; at < end;) {
		const char *stop = at;
		while (stop < end && *stop != 0x7f &&
		       !(*stop == '\xc2' && stop + 1 < end && (unsigned char)stop[1] < 0xa0))
			stop++;
		fwrite(at, 1, (size_t)(stop - at), out);
		if (stop < end)
			fprintf(out, "\\u%04x", *stop == 0x7f ? 0x7f : (unsigned char)stop[1]);
		at = stop + (stop < end && *stop != 0x7f) + 1;
	}
}

int bd_json_print(struct bd_json *json, FILE *out, struct bd_error *err)
{
	const unsigned char *text;
	size_t size;

	if (!json)
		return bd_no_memory(err);
	if (json->failed || yajl_gen_get_buf(json->gen, &text, &size) != yajl_gen_status_ok)
		return bd_fail(err, EIO, "cannot generate JSON");
	print_safely((const char *)text, size, out);
	if ((json->one_line && fputc('\n', out) < 0) || fflush(out) != 0 || ferror(out))
		return bd_fail(err, EIO, "cannot write the output: %s", strerror(errno));
	return 0;
}

int bd_json_finish(struct bd_json *json, struct bd_error *err)
{
	bd_json_close_object(json);
	return bd_json_print(json, stdout, err);
}
