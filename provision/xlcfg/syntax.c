/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The grammar of xl configs: statements of KEY = VALUE or KEY += VALUE, each ended by a newline or a semicolon. */
#include "xlcfg/syntax.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

enum kind { END, NEWLINE, SEMICOLON, ASSIGN, ADD, OPEN, CLOSE, COMMA, KEY, NUMBER, STRING };

struct token {
	enum kind kind;
	const char *begin, *end;
	unsigned line; /* of its first byte */
};

/* What a key was last set to: += takes a value of the same kind only. */
struct setting {
	const char *key;
	size_t length;
	bool is_list;
};

struct parser {
	const char *at;
	unsigned line;
	struct token token; /* the one that is looked at */
	struct setting *settings;
	size_t count;
	struct bd_error *err;
};

static void parser_dispose(struct parser *parser)
{
	free(parser->settings);
}

__attribute__((format(printf, 3, 4))) static int refuse(const struct parser *parser, unsigned line,
							const char *format, ...)
{
	char reason[512];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	return bd_fail(parser->err, EINVAL, "line %u: cannot be parsed: %s", line, reason);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

/* Behind a backslash: \ and a letter, or what strtoul(3) takes for two digits at least, which stand for nothing. */
static int check_escape(const struct parser *parser, const char *at)
{
	char digits[4] = "", *end;

	if (*at && strchr("\"'\\abfnrtv", *at))
		return 0;
	if (*at >= '0' && *at <= '7') {
		strncpy(digits, at + 1, 3);
		strtoul(digits, &end, 10);
		if (end > digits + 1)
			return 0;
		return refuse(parser, parser->line, "xl does not know the escape \\%c: write the character itself",
			      *at);
	}
	return refuse(parser, parser->line,
		      "there is a backslash before \"%.1s\" in a string: write \\\\ for a backslash", at);
}

static int take_string(struct parser *parser, const char *begin)
{
	const char *at = begin + 1;
	bool escapes = false;

	for (; *at && *at != '\n' && *at != *begin; at++) {
		if (*at != '\\')
			continue;
		escapes = true;
		if (!at[1] || at[1] == '\n')
			break;
		at++;
	}
	if (*at != *begin)
		return refuse(parser, parser->line, "the string is not closed on its line");
	for (const char *inside = begin + 1; escapes && inside < at; inside++)
		if (*inside == '\\' && check_escape(parser, ++inside) != 0)
			return -1;
	parser->token.kind = STRING;
	parser->token.end = at + 1;
	return 0;
}

static int take_comment(struct parser *parser, const char *begin)
{
	parser->token.end = begin + strcspn(begin, "\n");
	if (!*parser->token.end)
		return refuse(parser, parser->line,
			      "the file ends in a comment without a newline, which xl rejects: add one");
	parser->token.kind = NEWLINE;
	parser->token.end++;
	return 0;
}

static int refuse_byte(const struct parser *parser, const char *at)
{
	if (*at == '\r')
		return refuse(parser, parser->line,
			      "it ends in CR LF, which xl rejects: convert the file to Unix line ends");
	if (*at >= 'A' && *at <= 'Z')
		return refuse(parser, parser->line,
			      "\"%.*s\" is neither a key (lower-case letters) nor a quoted string",
			      (int)strcspn(at, " \t\r\n=\"'[],;#"), at);
	if (*at && strchr("+-*/%.()<>:", *at))
		return refuse(parser, parser->line,
			      "unexpected \"%c\": xl does not evaluate expressions; write the result", *at);
	if ((unsigned char)*at < 0x20 || (unsigned char)*at >= 0x7f)
		return refuse(parser, parser->line, "unexpected byte 0x%02x", (unsigned char)*at);
	return refuse(parser, parser->line, "unexpected \"%c\"", *at);
}

static enum kind punctuation(char c)
{
	static const struct {
		char c;
		enum kind kind;
	} rows[] = { { '\n', NEWLINE }, { ';', SEMICOLON }, { '=', ASSIGN },
		     { '[', OPEN },	{ ']', CLOSE },	    { ',', COMMA } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].c == c)
			return rows[i].kind;
	return END;
}

static int next(struct parser *parser)
{
	const char *at = parser->at + strspn(parser->at, " \t");
	struct token *token = &parser->token;

	if (token->kind == NEWLINE)
		parser->line++;
	*token = (struct token){
		.kind = punctuation(*at), .begin = at, .end = at + (*at != '\0'), .line = parser->line
	};
	if (*at == '"' || *at == '\'') {
		if (take_string(parser, at) != 0)
			return -1;
	} else if (*at == '#') {
		if (take_comment(parser, at) != 0)
			return -1;
	} else if (is_letter(*at)) {
		token->kind = KEY;
		while (is_letter(*token->end) || is_digit(*token->end) || *token->end == '.' || *token->end == '_')
			token->end++;
	} else if (is_digit(*at)) {
		token->kind = NUMBER;
		while (is_digit(*token->end) || (*token->end >= 'a' && *token->end <= 'f') || *token->end == 'x')
			token->end++;
	} else if (at[0] == '+' && at[1] == '=') {
		token->kind = ADD;
		token->end++;
	} else if (token->kind == END && *at) {
		return refuse_byte(parser, at);
	}
	parser->at = token->end;
	return 0;
}

/* Another token was expected. */
static int refuse_token(const struct parser *parser, const char *wanted)
{
	const struct token *token = &parser->token;

	if (token->kind == END || token->kind == NEWLINE)
		return refuse(parser, token->line, "%s is missing", wanted);
	return refuse(parser, token->line, "expected %s instead of %.*s%s", wanted,
		      token->end - token->begin > 100 ? 100 : (int)(token->end - token->begin), token->begin,
		      token->kind == KEY ? ": put text in quotes" : "");
}

/* What a list may have behind one of its parts: all but a value behind a value. */
static int take_list(struct parser *parser)
{
	unsigned depth = 0, begin = parser->token.line;
	bool after_value = false, after_open = false;

	do {
		enum kind kind = parser->token.kind;
		bool is_value = kind == STRING || kind == NUMBER || kind == OPEN;
		if (kind == END)
			return refuse(parser, begin, "the list is not closed");
		if (is_value ? after_value : kind == COMMA ? !after_value : kind != CLOSE && kind != NEWLINE)
			return refuse_token(parser, after_value	 ? "a comma or the end of the list"
						    : after_open ? "a value or the end of the list"
								 : "a value");
		depth += kind == OPEN;
		depth -= kind == CLOSE;
		if (kind != NEWLINE) {
			after_value = kind == STRING || kind == NUMBER || kind == CLOSE;
			after_open = kind == OPEN;
		}
		if (next(parser) != 0)
			return -1;
	} while (depth);
	return 0;
}

static int take_value(struct parser *parser, bool *is_list_out)
{
	*is_list_out = parser->token.kind == OPEN;
	if (*is_list_out)
		return take_list(parser);
	if (parser->token.kind != STRING && parser->token.kind != NUMBER)
		return refuse_token(parser, "a value");
	return next(parser);
}

static const struct setting *find_setting(const struct parser *parser, const struct token *key)
{
	size_t length = (size_t)(key->end - key->begin);

	for (size_t i = parser->count; i > 0; i--) {
		const struct setting *setting = &parser->settings[i - 1];
		if (setting->length == length && memcmp(setting->key, key->begin, length) == 0)
			return setting;
	}
	return NULL;
}

static int keep_setting(struct parser *parser, const struct token *key, bool adds, bool is_list)
{
	const struct setting *before = adds ? find_setting(parser, key) : NULL;
	int length = (int)(key->end - key->begin);

	if (before && before->is_list != is_list)
		return refuse(parser, key->line, "%.*s is %s, and += would add %s to it", length > 100 ? 100 : length,
			      key->begin, before->is_list ? "a list" : "one value", is_list ? "a list" : "one value");
	if (bd_array_grow(parser->settings, parser->count, parser->err) != 0)
		return -1;
	parser->settings[parser->count++] = (struct setting){ key->begin, (size_t)length, is_list };
	return 0;
}

static int take_assignment(struct parser *parser)
{
	struct token key = parser->token;
	bool is_list;

	if (key.kind != KEY)
		return refuse_token(parser, "a key");
	if (next(parser) != 0)
		return -1;
	bool adds = parser->token.kind == ADD;
	if (!adds && parser->token.kind != ASSIGN)
		return refuse(parser, key.line, "\"=\" expected after %.*s",
			      key.end - key.begin > 100 ? 100 : (int)(key.end - key.begin), key.begin);
	if (next(parser) != 0 || take_value(parser, &is_list) != 0 || keep_setting(parser, &key, adds, is_list) != 0)
		return -1;
	if (parser->token.kind != NEWLINE && parser->token.kind != SEMICOLON && parser->token.kind != END)
		return refuse_token(parser, "the end of the line");
	return 0;
}

int bd_cfg_check_syntax(const char *text, struct bd_error *err)
{
	BD_DISPOSE(parser_dispose) struct parser parser = { .at = text, .line = 1, .token.kind = END, .err = err };

	do {
		if (next(&parser) != 0)
			return -1;
		bool is_empty =
			parser.token.kind == NEWLINE || parser.token.kind == SEMICOLON || parser.token.kind == END;
		if (!is_empty && take_assignment(&parser) != 0)
			return -1;
	} while (parser.token.kind != END);
	return 0;
}
