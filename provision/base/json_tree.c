/* SPDX-License-Identifier: GPL-2.0-or-later */
/* yajl delivers the tokens; their positions are found by scanning the text in parallel. The scan also refuses what
 * yajl accepts and RFC 8259 does not: other white space, invalid UTF-8, unpaired surrogates. */
#include "base/json_tree.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/printable.h"

#define LEVELS_MAX 64

struct reader {
	const char *text;
	size_t size_bytes;
	size_t at; /* behind the last token */
	unsigned line, column; /* of it */
	yajl_handle yajl;
	struct bd_json_tree *tree;
	/* Open containers, each followed by the members that it has so far. */
	struct bd_json_node *nodes;
	size_t node_count;
	size_t open[LEVELS_MAX]; /* where in nodes they are */
	size_t open_count;
	struct bd_json_node key; /* the last one, in its key members */
	struct bd_error *err;
	bool failed; /* err is set */
};

static int fail_at(const struct bd_json_tree *tree, unsigned line, unsigned column, struct bd_error *err,
		   const char *format, va_list args)
{
	char message[BD_ERROR_MESSAGE_SIZE];

	vsnprintf(message, sizeof(message), format, args);
	return bd_fail(err, EINVAL, "%s:%u:%u: %s", tree->name, line, column, message);
}

int bd_json_fail(const struct bd_json_tree *tree, const struct bd_json_node *node, struct bd_error *err,
		 const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fail_at(tree, node->line, node->column, err, format, args);
	va_end(args);
	return -1;
}

int bd_json_fail_key(const struct bd_json_tree *tree, const struct bd_json_node *node, struct bd_error *err,
		     const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fail_at(tree, node->key ? node->key_line : node->line, node->key ? node->key_column : node->column, err,
		format, args);
	va_end(args);
	return -1;
}

/* For yajl's callbacks: 0 stops it. */
static int stop(struct reader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int stop(struct reader *reader, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fail_at(reader->tree, reader->line, reader->column, reader->err, format, args);
	va_end(args);
	reader->failed = true;
	return 0;
}

static int stop_without_memory(struct reader *reader)
{
	bd_no_memory(reader->err);
	reader->failed = true;
	return 0;
}

static void go_to(struct reader *reader, size_t to)
{
	for (; reader->at < to && reader->at < reader->size_bytes; reader->at++) {
		unsigned char c = (unsigned char)reader->text[reader->at];
		if (c == '\n') {
			reader->line++;
			reader->column = 1;
		} else if ((c & 0xc0) != 0x80) { /* not the rest of a character */
			reader->column++;
		}
	}
}

/* RFC 8259 has no other white space; yajl passes over form feeds and vertical tabs too. 0: one is there. */
static int go_to_token(struct reader *reader)
{
	size_t to = reader->at;

	while (to < reader->size_bytes && reader->text[to] && strchr(" \t\r\n,:", reader->text[to]))
		to++;
	go_to(reader, to);
	if (to < reader->size_bytes && (reader->text[to] == '\f' || reader->text[to] == '\v'))
		return stop(reader, "not JSON: a %s is no white space here",
			    reader->text[to] == '\f' ? "form feed" : "vertical tab");
	return 1;
}

/* The next node, at the next token, with the key that stood before it. */
static struct bd_json_node *add_node(struct reader *reader, enum bd_json_type type)
{
	if (!go_to_token(reader))
		return NULL;
	struct bd_error none;
	if (bd_array_grow(reader->nodes, reader->node_count, &none) != 0) {
		stop_without_memory(reader);
		return NULL;
	}
	struct bd_json_node *node = &reader->nodes[reader->node_count++];
	*node = reader->key;
	reader->key = (struct bd_json_node){ 0 };
	node->type = type;
	node->line = reader->line;
	node->column = reader->column;
	return node;
}

static int end_token(struct reader *reader)
{
	go_to(reader, yajl_get_bytes_consumed(reader->yajl));
	return 1;
}

static int add_leaf(struct reader *reader, enum bd_json_type type, const char *text, size_t length)
{
	struct bd_json_node *node = add_node(reader, type);

	if (!node)
		return 0;
	node->text = bd_arena_text(reader->tree->memory, text, length);
	if (!node->text)
		return stop_without_memory(reader);
	if (memchr(text, '\0', length))
		return stop(reader, "a string with \\u0000 in it cannot be used");
	if (type != BD_JSON_NUMBER)
		return end_token(reader);
	/* Of one that is all there is yajl sees the end only when it is told of it, and has consumed nothing then. */
	go_to(reader, reader->at + length);
	return 1;
}

static int on_null(void *reader)
{
	return add_leaf(reader, BD_JSON_NULL, "null", 4);
}

static int on_boolean(void *reader, int value)
{
	return add_leaf(reader, BD_JSON_BOOL, value ? "true" : "false", value ? 4 : 5);
}

static int on_number(void *reader, const char *text, size_t length)
{
	return add_leaf(reader, BD_JSON_NUMBER, text, length);
}

/* The four digits behind "\u" at text + at; yajl has seen that they are there. */
static unsigned escaped_unit(const char *text, size_t at)
{
	char digits[5] = { 0 };

	memcpy(digits, text + at + 2, 4);
	return (unsigned)strtoul(digits, NULL, 16);
}

static bool is_escape(const char *text, size_t at)
{
	return text[at] == '\\' && text[at + 1] == 'u';
}

static int stop_at(struct reader *reader, size_t at, const char *problem)
{
	go_to(reader, at);
	return stop(reader, "%s", problem);
}

/* The bytes of one character of a string, as it is written, at `at`. 0: it is none. */
static size_t check_character(struct reader *reader, size_t at)
{
	const char *text = reader->text;

	if (text[at] != '\\') {
		size_t length = bd_utf8_length(text + at);
		return length ? length : (size_t)stop_at(reader, at, "not JSON: invalid bytes in UTF8 string");
	}
	if (!is_escape(text, at))
		return 2;
	unsigned unit = escaped_unit(text, at);
	if (unit < 0xd800 || unit > 0xdfff)
		return 6;
	if (unit < 0xdc00 && is_escape(text, at + 6) && escaped_unit(text, at + 6) >= 0xdc00 &&
	    escaped_unit(text, at + 6) <= 0xdfff)
		return 12;
	return (size_t)stop_at(reader, at, "half a surrogate pair is no character");
}

/* The string that begins here; yajl has found its end. */
static int check_string(struct reader *reader)
{
	size_t end = yajl_get_bytes_consumed(reader->yajl) - 1, size = 0;

	if (!go_to_token(reader))
		return 0;
	for (size_t at = reader->at + 1; at < end; at += size) {
		size = check_character(reader, at);
		if (!size)
			return 0;
	}
	return 1;
}

static int on_string(void *reader, const unsigned char *text, size_t length)
{
	return check_string(reader) && add_leaf(reader, BD_JSON_STRING, (const char *)text, length);
}

static int on_key(void *context, const unsigned char *text, size_t length)
{
	struct reader *reader = context;

	if (!check_string(reader))
		return 0;
	if (memchr(text, '\0', length))
		return stop(reader, "a key with \\u0000 in it cannot be used");
	reader->key.key = bd_arena_text(reader->tree->memory, (const char *)text, length);
	if (!reader->key.key)
		return stop_without_memory(reader);
	reader->key.key_line = reader->line;
	reader->key.key_column = reader->column;
	return end_token(reader);
}

static int open_container(struct reader *reader, enum bd_json_type type)
{
	if (!add_node(reader, type))
		return 0;
	if (reader->open_count == LEVELS_MAX)
		return stop(reader, "more than %d levels", LEVELS_MAX);
	reader->open[reader->open_count++] = reader->node_count - 1;
	return end_token(reader);
}

static int on_open_object(void *reader)
{
	return open_container(reader, BD_JSON_OBJECT);
}

static int on_open_array(void *reader)
{
	return open_container(reader, BD_JSON_ARRAY);
}

/* Members are next to each other in memory, so their addresses have the document's order. */
static int compare_keys(const void *a, const void *b)
{
	const struct bd_json_node *one = *(const struct bd_json_node *const *)a;
	const struct bd_json_node *other = *(const struct bd_json_node *const *)b;
	int order = strcmp(one->key, other->key);

	return order ? order : (one > other) - (one < other);
}

static int check_keys(struct reader *reader, const struct bd_json_node *members, size_t count)
{
	const struct bd_json_node *first = NULL, *again = NULL;
	BD_FREE const struct bd_json_node **sorted = reallocarray(NULL, count + 1, sizeof(*sorted));

	if (!sorted)
		return stop_without_memory(reader);
	for (size_t i = 0; i < count; i++)
		sorted[i] = &members[i];
	qsort(sorted, count, sizeof(*sorted), compare_keys);
	for (size_t i = 1; i < count; i++)
		if (strcmp(sorted[i - 1]->key, sorted[i]->key) == 0 && (!again || sorted[i] < again)) {
			first = sorted[i - 1];
			again = sorted[i];
		}
	if (!again)
		return 1;
	bd_json_fail_key(reader->tree, again, reader->err,
			 "\"%s\" is given twice; the first is in line %u, column %u", again->key, first->key_line,
			 first->key_column);
	reader->failed = true;
	return 0;
}

static int close_container(struct reader *reader)
{
	if (!go_to_token(reader))
		return 0;
	size_t index = reader->open[--reader->open_count];
	struct bd_json_node *node = &reader->nodes[index];
	size_t count = reader->node_count - index - 1;
	struct bd_json_node *children = bd_arena_take(reader->tree->memory, count, sizeof(*children));

	if (!children)
		return stop_without_memory(reader);
	if (count)
		memcpy(children, node + 1, count * sizeof(*children));
	node->children = children;
	node->child_count = count;
	reader->node_count = index + 1;
	end_token(reader);
	return node->type == BD_JSON_ARRAY || check_keys(reader, children, count);
}

static int on_close(void *reader)
{
	return close_container(reader);
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_open_object,
	.yajl_map_key = on_key,
	.yajl_end_map = on_close,
	.yajl_start_array = on_open_array,
	.yajl_end_array = on_close,
};

static char last_visible(const struct reader *reader, size_t before)
{
	while (before > 0 && strchr(" \t\r\n", reader->text[before - 1]) && reader->text[before - 1])
		before--;
	return before > 0 ? reader->text[before - 1] : '\0';
}

/* yajl's own words, without its prefix; where it stopped is behind the token that it does not want. */
static int fail_syntax(struct reader *reader, size_t consumed)
{
	unsigned char *said = yajl_get_error(reader->yajl, 0, NULL, 0);
	char problem[256];

	snprintf(problem, sizeof(problem), "%.*s", (int)strcspn((char *)said, "\n"), (char *)said);
	yajl_free_error(reader->yajl, said);
	bool lexical = strncmp(problem, "lexical", strlen("lexical")) == 0;
	char last = consumed > 0 ? reader->text[consumed - 1] : '\0';
	bool is_mark = !lexical && last && strchr(",:[]{}", last) && consumed > reader->at;

	if (is_mark)
		go_to(reader, consumed - 1);
	else if (!go_to_token(reader))
		return -1;
	/* Inside a string yajl stops behind the byte, or, when that is a control character, at it. */
	if (lexical && reader->at < reader->size_bytes && reader->text[reader->at] == '"' && consumed > 0)
		go_to(reader,
		      consumed - (consumed >= reader->size_bytes || (unsigned char)reader->text[consumed] >= 0x20));
	if (is_mark && (last == ']' || last == '}') && last_visible(reader, consumed - 1) == ',')
		stop(reader, "not JSON: a comma before the closing %c", last);
	else
		stop(reader, "not JSON: %s", strstr(problem, ": ") ? strstr(problem, ": ") + 2 : problem);
	return -1;
}

static int fail_early_end(struct reader *reader)
{
	if (reader->open_count == 0 && reader->node_count) {
		if (go_to_token(reader))
			stop(reader, "not JSON: trailing garbage");
		return -1;
	}
	if (!go_to_token(reader))
		return -1;
	go_to(reader, reader->size_bytes);
	if (reader->open_count == 0) {
		stop(reader, "not JSON: the text is empty");
		return -1;
	}
	const struct bd_json_node *open = &reader->nodes[reader->open[reader->open_count - 1]];
	stop(reader, "not JSON: the text ends, but the %c of line %u, column %u is not closed",
	     open->type == BD_JSON_ARRAY ? '[' : '{', open->line, open->column);
	return -1;
}

static int parse(struct reader *reader, struct bd_error *err)
{
	yajl_status status = yajl_parse(reader->yajl, (const unsigned char *)reader->text, reader->size_bytes);
	size_t consumed = yajl_get_bytes_consumed(reader->yajl);

	if (!reader->failed && status == yajl_status_ok) {
		status = yajl_complete_parse(reader->yajl);
		if (!reader->failed && (status != yajl_status_ok || reader->node_count != 1))
			return fail_early_end(reader);
	}
	if (reader->failed)
		return -1;
	if (status != yajl_status_ok)
		return fail_syntax(reader, consumed);
	if (!go_to_token(reader))
		return -1;
	/* yajl is content with a string that begins behind the value and has no end. */
	if (reader->at < reader->size_bytes) {
		stop(reader, "not JSON: trailing garbage");
		return -1;
	}
	struct bd_json_node *root = bd_arena_take(reader->tree->memory, 1, sizeof(*root));
	if (!root)
		return bd_no_memory(err);
	*root = reader->nodes[0];
	reader->tree->root = root;
	return 0;
}

static int read_into(struct bd_json_tree *tree, const char *text, size_t size_bytes, struct bd_error *err)
{
	struct reader reader = {
		.text = text, .size_bytes = size_bytes, .line = 1, .column = 1, .tree = tree, .err = err
	};

	reader.yajl = yajl_alloc(&callbacks, NULL, &reader);
	if (!reader.yajl)
		return bd_no_memory(err);
	int r = parse(&reader, err);
	yajl_free(reader.yajl);
	free(reader.nodes);
	return r;
}

int bd_json_parse(const char *text, size_t size_bytes, const char *name, struct bd_json_tree *tree_out,
		  struct bd_error *err)
{
	BD_DISPOSE(bd_json_tree_dispose) struct bd_json_tree tree = { 0 };

	tree.memory = calloc(1, sizeof(*tree.memory));
	if (!tree.memory || !(tree.name = bd_arena_text(tree.memory, name, strlen(name))))
		return bd_no_memory(err);
	if (read_into(&tree, text, size_bytes, err) != 0)
		return -1;
	*tree_out = tree;
	tree = (struct bd_json_tree){ 0 };
	return 0;
}

void bd_json_tree_dispose(struct bd_json_tree *tree)
{
	if (tree->memory)
		bd_arena_dispose(tree->memory);
	free(tree->memory);
	*tree = (struct bd_json_tree){ 0 };
}

const struct bd_json_node *bd_json_member(const struct bd_json_node *object, const char *key)
{
	for (size_t i = 0; object->type == BD_JSON_OBJECT && i < object->child_count; i++)
		if (strcmp(object->children[i].key, key) == 0)
			return &object->children[i];
	return NULL;
}

const struct bd_json_node *bd_json_member_of(const struct bd_json_node *object, const char *key,
					     enum bd_json_type type)
{
	const struct bd_json_node *member = bd_json_member(object, key);

	return member && member->type == type ? member : NULL;
}

const char *bd_json_text(const struct bd_json_node *node)
{
	return node && node->type == BD_JSON_STRING ? node->text : NULL;
}

bool bd_json_whole_number(const struct bd_json_node *node, uint64_t maximum, uint64_t *value_out)
{
	struct bd_error ignored;

	return node && node->type == BD_JSON_NUMBER &&
	       bd_parse_uint(node->text, node->text, 0, maximum, value_out, &ignored) == 0;
}

const char *bd_json_type_name(enum bd_json_type type)
{
	static const char *const names[] = {
		"null", "true or false", "a number", "a string", "an array", "an object"
	};
	return names[type];
}
