/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Splits an xl config into tokens, statements and the words of our comment. */
#include "xlcfg/lexer.h"

#include <errno.h>
#include <string.h>

/* The carriage return is none to xl; files with it are read all the same. */
#define BLANKS " \t\r\f\v"
#define OUR_MARK "xen-bigdisk:"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

void bd_cfg_lexer_init(struct bd_cfg_lexer *lexer, const char *text)
{
	*lexer = (struct bd_cfg_lexer){ .at = text, .line = 1 };
}

static void end_string(struct bd_cfg_token *token)
{
	const char *at = token->begin + 1;

	while (*at && *at != '\n' && *at != *token->begin)
		at += *at == '\\' && at[1] && at[1] != '\n' ? 2 : 1;
	token->kind = BD_CFG_STRING;
	token->closed = *at == *token->begin;
	token->end = token->closed ? at + 1 : at;
}

static void end_word(struct bd_cfg_token *token)
{
	const char *at = token->begin;

	token->kind = is_digit(*at) ? BD_CFG_NUMBER : BD_CFG_WORD;
	while (is_letter(*at) || is_digit(*at) || *at == '.')
		at++;
	token->end = at;
}

static enum bd_cfg_token_kind kind_of(char c)
{
	switch (c) {
	case '\n':
		return BD_CFG_NEWLINE;
	case ';':
		return BD_CFG_SEMICOLON;
	case '=':
		return BD_CFG_EQUALS;
	case '[':
		return BD_CFG_OPEN;
	case ']':
		return BD_CFG_CLOSE;
	case ',':
		return BD_CFG_COMMA;
	default:
		return BD_CFG_OTHER;
	}
}

void bd_cfg_next(struct bd_cfg_lexer *lexer, struct bd_cfg_token *token_out)
{
	const char *at = lexer->at + strspn(lexer->at, BLANKS);
	struct bd_cfg_token token = { .begin = at, .end = at, .line = lexer->line };

	if (*at == '#') {
		token.kind = BD_CFG_COMMENT;
		token.end = at + strcspn(at, "\n");
	} else if (*at == '"' || *at == '\'') {
		end_string(&token);
	} else if (is_letter(*at) || is_digit(*at)) {
		end_word(&token);
	} else if (at[0] == '+' && at[1] == '=') {
		token.kind = BD_CFG_ADD;
		token.end = at + 2;
	} else if (*at) {
		token.kind = kind_of(*at);
		token.end = at + 1;
	}
	if (token.kind == BD_CFG_NEWLINE)
		lexer->line++;
	lexer->at = token.end;
	*token_out = token;
}

/* xlu__cfgl_dequote() of libxlu_cfg.c: what a backslash and the character behind it stand for. Escapes by number are
 * nothing to it, and neither are those that it does not know. */
static const char *unescape(const char *at, const char *end, char *out, size_t *used)
{
	static const char letters[] = "abfnrtv\"'\\", meanings[] = "\a\b\f\n\r\t\v\"'\\";
	const char *found = strchr(letters, *at);

	if (*at && found)
		out[(*used)++] = meanings[found - letters];
	if (*at == 'x') {
		at += 2;
		for (int i = 0; i < 2 && at < end && is_hex(*at); i++)
			at++;
		return at < end ? at : end;
	}
	if (*at < '0' || *at > '7')
		return at + 1;
	for (int i = 0; i < 3 && at < end && is_digit(*at); i++)
		at++;
	return at;
}

void bd_cfg_token_text(const struct bd_cfg_token *token, char *out, size_t size)
{
	bool string = token->kind == BD_CFG_STRING;
	const char *at = token->begin + string, *end = token->end - (string && token->closed);
	size_t used = 0;

	while (at < end && used + 1 < size) {
		if (string && *at == '\\' && at + 1 < end)
			at = unescape(at + 1, end, out, &used);
		else
			out[used++] = *at++;
	}
	out[used] = '\0';
}

/* From behind the equals sign to the end of the statement; the token that ends it is left to be read. */
static int read_value(struct bd_cfg_lexer *lexer, struct bd_cfg_statement *statement, struct bd_error *err)
{
	unsigned depth = 0, open_line = 0;

	for (;;) {
		struct bd_cfg_lexer before = *lexer;
		struct bd_cfg_token token;
		bd_cfg_next(lexer, &token);
		bool ends_line = token.kind == BD_CFG_NEWLINE || token.kind == BD_CFG_COMMENT ||
				 token.kind == BD_CFG_SEMICOLON;
		if (token.kind == BD_CFG_END && depth)
			return bd_fail(err, EINVAL, "line %u: the list is not closed", open_line);
		if (token.kind == BD_CFG_END || (ends_line && !depth)) {
			*lexer = before;
			return 0;
		}
		if (token.kind == BD_CFG_STRING && !token.closed)
			return bd_fail(err, EINVAL, "line %u: the string is not closed on its line", token.line);
		if (token.kind == BD_CFG_OPEN && depth++ == 0)
			open_line = token.line;
		if (token.kind == BD_CFG_CLOSE && depth)
			depth--;
		if (ends_line)
			continue;
		if (!statement->value)
			statement->value = token.begin;
		statement->end = token.end;
	}
}

int bd_cfg_next_statement(struct bd_cfg_lexer *lexer, struct bd_cfg_statement *statement_out, struct bd_error *err)
{
	struct bd_cfg_token token, next;

	for (;;) {
		bd_cfg_next(lexer, &token);
		struct bd_cfg_statement statement = { .begin = token.begin, .end = token.end, .line = token.line };
		if (token.kind == BD_CFG_END)
			return 0;
		if (token.kind == BD_CFG_STRING && !token.closed)
			return bd_fail(err, EINVAL, "line %u: the string is not closed on its line", token.line);
		if (token.kind == BD_CFG_COMMENT) {
			statement.is_comment = true;
			*statement_out = statement;
			return 1;
		}
		if (token.kind != BD_CFG_WORD)
			continue;
		struct bd_cfg_lexer before = *lexer;
		bd_cfg_next(lexer, &next);
		if (next.kind != BD_CFG_EQUALS && next.kind != BD_CFG_ADD) {
			*lexer = before;
			continue;
		}
		statement.key_length = (size_t)(token.end - token.begin);
		statement.adds = next.kind == BD_CFG_ADD;
		statement.end = next.end;
		if (read_value(lexer, &statement, err) != 0)
			return -1;
		if (!statement.value)
			statement.value = statement.end;
		*statement_out = statement;
		return 1;
	}
}

bool bd_cfg_statement_is(const struct bd_cfg_statement *statement, const char *key)
{
	return !statement->is_comment && strlen(key) == statement->key_length &&
	       memcmp(statement->begin, key, statement->key_length) == 0;
}

const char *bd_cfg_our_words(const struct bd_cfg_statement *statement)
{
	const char *at = statement->begin, *end = statement->end;

	if (!statement->is_comment)
		return NULL;
	while (at < end && (*at == '#' || strchr(BLANKS, *at)))
		at++;
	size_t mark = strlen(OUR_MARK);
	if ((size_t)(end - at) < mark || memcmp(at, OUR_MARK, mark) != 0)
		return NULL;
	return at + mark;
}

bool bd_cfg_next_word(const char **at, const char *end, struct bd_cfg_word *word_out)
{
	const char *begin = *at, *stop;

	while (begin < end && strchr(BLANKS, *begin))
		begin++;
	for (stop = begin; stop < end && !strchr(BLANKS, *stop); stop++)
		;
	const char *equals = memchr(begin, '=', (size_t)(stop - begin));
	*at = stop;
	*word_out = (struct bd_cfg_word){ .begin = begin, .end = stop, .value = equals ? equals + 1 : NULL };
	return begin < end;
}

bool bd_cfg_word_is(const struct bd_cfg_word *word, const char *key)
{
	size_t length = word->value ? (size_t)(word->value - 1 - word->begin) : 0;

	return word->value && length == strlen(key) && memcmp(word->begin, key, length) == 0;
}
