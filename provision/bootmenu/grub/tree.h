/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A GRUB script, parsed. What is in a tree lives in its memory, as long as the tree: menu entries and functions are
 * run when the text that they were read from is gone. */
#ifndef BD_BOOTMENU_GRUB_TREE_H
#define BD_BOOTMENU_GRUB_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

enum grub_part_kind {
	GRUB_TEXT, /* as it is: quotes and escapes are gone */
	GRUB_PATTERN, /* as text outside of quotes, in which "*" and "?" are those of a pattern */
	GRUB_VARIABLE, /* a variable's name; its value is split into words at blanks */
	GRUB_VARIABLE_QUOTED, /* its value stays one word */
};

struct grub_part {
	struct grub_part *next;
	enum grub_part_kind kind;
	const char *text; /* "" as GRUB_TEXT: quotes with nothing in them, which make a word, too */
};

/* No parts: nothing, as a line's continuation between blanks. */
struct grub_word {
	struct grub_word *next;
	struct grub_part *parts;
};

enum grub_node_kind { GRUB_COMMAND, GRUB_IF, GRUB_FOR, GRUB_LOOP, GRUB_FUNCTION };

struct grub_node;

/* A branch of an if: its commands run where the condition is true; the last one of an else has none. */
struct grub_branch {
	struct grub_branch *next;
	const struct grub_node *condition, *commands;
};

struct grub_node {
	struct grub_node *next; /* the command behind it */
	enum grub_node_kind kind;
	bool until; /* a loop that ends where its condition is true, instead of false */
	const char *name; /* of a function, or the variable of a for */
	const struct grub_word *words; /* of a command, or of a for */
	const struct grub_branch *branches; /* of an if */
	const struct grub_node *condition; /* of a loop */
	const struct grub_node *commands; /* the block of a command (NULL: none), of a loop, or of a function */
};

struct grub_tree {
	struct bd_arena arena;
	size_t bytes; /* taken so far */
};

/* Zeroed. NULL, with err set: no memory (ENOMEM), or it is larger than GRUB_TREE_MAX (E2BIG). */
void *grub_tree_take(struct grub_tree *tree, size_t size_bytes, struct bd_error *err);
/* A copy with a NUL behind it; NULL as above. */
char *grub_tree_text(struct grub_tree *tree, const char *text, size_t length, struct bd_error *err);
void grub_tree_dispose(struct grub_tree *tree); /* idempotent */

#endif
