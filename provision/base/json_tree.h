/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parses a JSON document (RFC 8259) with yajl into a tree that knows the position of each value, for errors with
 * line and column. Everything that the program reads as JSON is read here, so that no two readers can interpret a
 * text differently. */
#ifndef BD_BASE_JSON_TREE_H
#define BD_BASE_JSON_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct bd_arena;

enum bd_json_type { BD_JSON_NULL, BD_JSON_BOOL, BD_JSON_NUMBER, BD_JSON_STRING, BD_JSON_ARRAY, BD_JSON_OBJECT };

struct bd_json_node {
	enum bd_json_type type;
	unsigned line, column; /* of the value's first byte; both count from 1, columns in characters */
	const char *key; /* in an object; else NULL */
	unsigned key_line, key_column;
	const char *
		text; /* of strings: unescaped, never with a NUL inside; of numbers and booleans: as they are written */
	const struct bd_json_node *children; /* of arrays and objects, in the document's order */
	size_t child_count;
};

struct bd_json_tree {
	struct bd_json_node *root;
	char *name; /* the document's, for messages */
	struct bd_arena *memory; /* all of it */
};

/* name: what the document is called in messages ("fleet.json"); they begin with NAME:LINE:COLUMN. EINVAL: no JSON,
 * which comments, text behind the value and bytes that are no UTF-8 are not either; and of what the RFC leaves to readers:
 * a key that is given twice in an object; an escaped NUL; half a surrogate pair; more than 64 levels. */
int bd_json_parse(const char *text, size_t size_bytes, const char *name, struct bd_json_tree *tree_out,
		  struct bd_error *err);
void bd_json_tree_dispose(struct bd_json_tree *tree); /* idempotent */

/* NULL: the object has no such member. */
const struct bd_json_node *bd_json_member(const struct bd_json_node *object, const char *key);
const char *bd_json_type_name(enum bd_json_type type); /* "a string", "an object" */

/* The same, and NULL too when the member is of another type. */
const struct bd_json_node *bd_json_member_of(const struct bd_json_node *object, const char *key,
					     enum bd_json_type type);
/* NULL: the node is no string, or NULL. */
const char *bd_json_text(const struct bd_json_node *node);
/* False, and nothing is written: the node is NULL, or no whole number in plain digits up to maximum. */
bool bd_json_whole_number(const struct bd_json_node *node, uint64_t maximum, uint64_t *value_out);

/* bd_fail with NAME:LINE:COLUMN before the message; code is EINVAL. */
int bd_json_fail(const struct bd_json_tree *tree, const struct bd_json_node *node, struct bd_error *err,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The same about the node's key, where it has one. */
int bd_json_fail_key(const struct bd_json_tree *tree, const struct bd_json_node *node, struct bd_error *err,
		     const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
