/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Splits an xl config into tokens and statements like libxlutil's lexer (libxlu_cfg_l.l), but more leniently. Pure;
 * tokens point into the text. */
#ifndef BD_XLCFG_LEXER_H
#define BD_XLCFG_LEXER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum bd_cfg_token_kind {
	BD_CFG_END,
	BD_CFG_NEWLINE,
	BD_CFG_SEMICOLON,
	BD_CFG_EQUALS,
	BD_CFG_ADD, /* += */
	BD_CFG_OPEN, /* [ */
	BD_CFG_CLOSE,
	BD_CFG_COMMA,
	BD_CFG_WORD, /* a key, or a value without quotes */
	BD_CFG_NUMBER,
	BD_CFG_STRING, /* with its quotes */
	BD_CFG_COMMENT, /* without its newline */
	BD_CFG_OTHER,
};

struct bd_cfg_token {
	enum bd_cfg_token_kind kind;
	const char *begin, *end;
	unsigned line; /* from 1 */
	bool closed; /* of a string: it has its second quote on the same line */
};

struct bd_cfg_lexer {
	const char *at;
	unsigned line;
};

void bd_cfg_lexer_init(struct bd_cfg_lexer *lexer, const char *text);
void bd_cfg_next(struct bd_cfg_lexer *lexer, struct bd_cfg_token *token_out);

/* What a token stands for: of a string without quotes and escapes. out may have room for the token's own length (the
 * NUL's room is that of a quote), or one byte more for other tokens; what does not fit is cut. */
void bd_cfg_token_text(const struct bd_cfg_token *token, char *out, size_t size);

/* One assignment, or one comment that stands outside of lists. */
struct bd_cfg_statement {
	bool is_comment, adds; /* adds: += */
	const char *begin, *end; /* the comment; of an assignment from its key to the last byte of its value */
	size_t key_length;
	const char *value; /* what is behind the equals sign; may be end */
	unsigned line;
};

/* 1: there is one; 0: the text is at its end. What is neither is passed over. EINVAL: an unclosed string or list, with its
 * line. */
int bd_cfg_next_statement(struct bd_cfg_lexer *lexer, struct bd_cfg_statement *statement_out, struct bd_error *err);
bool bd_cfg_statement_is(const struct bd_cfg_statement *statement, const char *key);

/* The words of our comment ("# xen-bigdisk: KEY=VALUE..."). NULL: the statement is none; else what follows the colon, up
 * to statement->end. */
const char *bd_cfg_our_words(const struct bd_cfg_statement *statement);
/* The next word from *at on: false at the end. Its key is what stands before an equals sign. */
struct bd_cfg_word {
	const char *begin, *end, *value; /* value: NULL where there is no equals sign */
};
bool bd_cfg_next_word(const char **at, const char *end, struct bd_cfg_word *word_out);
bool bd_cfg_word_is(const struct bd_cfg_word *word, const char *key);

#endif
