/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of GRUB's scripting language, by the rules of GRUB's own lexer (grub-core/script/yylex.l), which are not
 * those of a shell: no command substitution, && and || are errors, `\x41` stays as it is. */
#ifndef BD_BOOTMENU_GRUB_LEXER_H
#define BD_BOOTMENU_GRUB_LEXER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "bootmenu/grub/tree.h"

enum grub_token_kind {
	GRUB_TOKEN_END,
	GRUB_TOKEN_NEWLINE,
	GRUB_TOKEN_SEMICOLON,
	GRUB_TOKEN_OPEN,
	GRUB_TOKEN_CLOSE,
	GRUB_TOKEN_WORD
};

/* A word that has a meaning where a command begins, and is a word like others among arguments. */
enum grub_keyword {
	GRUB_NO_KEYWORD,
	GRUB_KEYWORD_DO,
	GRUB_KEYWORD_DONE,
	GRUB_KEYWORD_ELIF,
	GRUB_KEYWORD_ELSE,
	GRUB_KEYWORD_FI,
	GRUB_KEYWORD_FOR,
	GRUB_KEYWORD_FUNCTION,
	GRUB_KEYWORD_IF,
	GRUB_KEYWORD_IN,
	GRUB_KEYWORD_THEN,
	GRUB_KEYWORD_UNTIL,
	GRUB_KEYWORD_WHILE,
	GRUB_KEYWORD_RESERVED /* case, esac, select: no command can begin with them */
};

struct grub_token {
	enum grub_token_kind kind;
	unsigned line; /* the first is 1 */
	enum grub_keyword keyword;
	const char
		*name; /* a word that could be a variable's name, without quotes and variables; NULL: another one */
	struct grub_word *word; /* in the tree */
};

struct grub_lexer {
	struct grub_tree *tree; /* borrowed, as the text */
	const char *at;
	unsigned line; /* of at */
	char *text; /* what has been read of a word */
	size_t length, capacity;
};

/* As GRUB reads a file: carriage returns are not seen, and no line that begins with "#", be it in a quoted string. */
void grub_lexer_init(struct grub_lexer *lexer, struct grub_tree *tree, const char *text);
void grub_lexer_dispose(struct grub_lexer *lexer); /* idempotent */

/* EINVAL: GRUB would call it a syntax error; the message says what it is, without the line. E2BIG: beyond limits. */
int grub_lexer_next(struct grub_lexer *lexer, struct grub_token *token_out, struct bd_error *err);

/* Goes on behind the next newline, as GRUB does after an error. */
void grub_lexer_skip_line(struct grub_lexer *lexer);

#endif
