/* SPDX-License-Identifier: GPL-2.0-or-later */
/* yajl says what the tokens are; where each begins is found by going through the text beside it. */
#include "base/json_tree.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "base/arena.h"
#include "base/cleanup.h"

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
	size_t node_count, node_room;
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
	bd_fail(reader->err, ENOMEM, "out of memory");
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

static void go_to_token(struct reader *reader)
{
	size_t to = reader->at;

	while (to < reader->size_bytes && reader->text[to] && strchr(" \t\r\n,:", reader->text[to]))
		to++;
	go_to(reader, to);
}

/* The next node, at the next token, with the key that stood before it. */
static struct bd_json_node *add_node(struct reader *reader, enum bd_json_type type)
{
	go_to_token(reader);
	if (reader->node_count == reader->node_room) {
		size_t room = reader->node_room ? 2 * reader->node_room : 256;
		struct bd_json_node *grown = reallocarray(reader->nodes, room, sizeof(*grown));
		if (!grown) {
			stop_without_memory(reader);
			return NULL;
		}
		reader->nodes = grown;
		reader->node_room = room;
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
	return end_token(reader);
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

static int on_string(void *reader, const unsigned char *text, size_t length)
{
	return add_leaf(reader, BD_JSON_STRING, (const char *)text, length);
}

static int on_key(void *context, const unsigned char *text, size_t length)
{
	struct reader *reader = context;

	go_to_token(reader);
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
	bd_json_fail_key(reader->tree, again, reader->err, "\"%s\" comes twice; the first is in line %u, column %u",
			 again->key, first->key_line, first->key_column);
	reader->failed = true;
	return 0;
}

static int close_container(struct reader *reader)
{
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
	else
		go_to_token(reader);
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
		go_to_token(reader);
		stop(reader, "not JSON: trailing garbage");
		return -1;
	}
	go_to(reader, reader->size_bytes);
	if (reader->open_count == 0) {
		stop(reader, "not JSON: the text ends before anything is said");
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
	struct bd_json_node *root = bd_arena_take(reader->tree->memory, 1, sizeof(*root));
	if (!root)
		return bd_fail(err, ENOMEM, "out of memory");
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
		return bd_fail(err, ENOMEM, "out of memory");
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
		return bd_fail(err, ENOMEM, "out of memory");
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

const char *bd_json_type_name(enum bd_json_type type)
{
	static const char *const names[] = {
		"null", "true or false", "a number", "a string", "an array", "an object"
	};
	return names[type];
}
