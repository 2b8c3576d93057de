/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words are read byte by byte into a buffer, which becomes a part of the word wherever a variable begins or the word
 * ends. */
#include "bootmenu/grub/lexer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "bootmenu/grub/limits.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool begins_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool ends_word(char c)
{
	return !c || strchr("{}|&;<> \t\n", c);
}

/* Passes over what GRUB does not see of a file. */
static void settle(struct grub_lexer *lexer, bool line_begins)
{
	for (;;) {
		if (*lexer->at == '\r') {
			lexer->at++;
		} else if (line_begins && *lexer->at == '#') {
			lexer->at += strcspn(lexer->at, "\n");
			if (!*lexer->at)
				return;
			lexer->at++;
			lexer->line++;
		} else {
			return;
		}
	}
}

/* To the next byte; not at the end. */
static void step(struct grub_lexer *lexer)
{
	bool newline = *lexer->at == '\n';

	lexer->at++;
	lexer->line += newline;
	settle(lexer, newline);
}

void grub_lexer_init(struct grub_lexer *lexer, struct grub_tree *tree, const char *text)
{
	*lexer = (struct grub_lexer){ .tree = tree, .at = text, .line = 1 };
	settle(lexer, true);
}

void grub_lexer_dispose(struct grub_lexer *lexer)
{
	free(lexer->text);
	*lexer = (struct grub_lexer){ 0 };
}

void grub_lexer_skip_line(struct grub_lexer *lexer)
{
	while (*lexer->at && *lexer->at != '\n')
		step(lexer);
	if (*lexer->at)
		step(lexer);
}

/* A word that is being read. */
struct reading {
	struct grub_word *word;
	struct grub_part **last; /* where the next part goes */
	size_t length; /* of all its parts */
	bool quoted; /* there was a quote since the last part: it is one even where it is empty */
	bool plain; /* no quotes, escapes or variables */
	bool pattern; /* the part that is being read is one */
};

static int put(struct grub_lexer *lexer, struct reading *reading, char c, struct bd_error *err)
{
	if (reading->length == GRUB_WORD_MAX)
		return bd_fail(err, E2BIG, "a word is longer than %d bytes", GRUB_WORD_MAX);
	if (bd_array_reserve(lexer->text, lexer->capacity, lexer->length + 1, err) != 0)
		return -1;
	lexer->text[lexer->length++] = c;
	reading->length++;
	return 0;
}

static int add_part(struct grub_lexer *lexer, struct reading *reading, enum grub_part_kind kind, const char *text,
		    size_t length, struct bd_error *err)
{
	struct grub_part *part = grub_tree_take(lexer->tree, sizeof(*part), err);

	if (!part)
		return -1;
	part->kind = kind;
	part->text = grub_tree_text(lexer->tree, text, length, err);
	if (!part->text)
		return -1;
	*reading->last = part;
	reading->last = &part->next;
	return 0;
}

static int add_text(struct grub_lexer *lexer, struct reading *reading, struct bd_error *err)
{
	if (!lexer->length && !reading->quoted)
		return 0;
	if (add_part(lexer, reading, reading->pattern ? GRUB_PATTERN : GRUB_TEXT, lexer->text, lexer->length, err) !=
	    0)
		return -1;
	lexer->length = 0;
	reading->quoted = false;
	reading->pattern = false;
	return 0;
}

/* $name, ${name}, $1, ${1}, $?, $#, $* and $@. NULL: it is none of them. */
static const char *variable_name(const char *dollar, size_t *length_out, const char **end_out)
{
	const char *begin = dollar + 1 + (dollar[1] == '{'), *end = begin;

	if (begins_name(*end))
		while (begins_name(*end) || is_digit(*end))
			end++;
	else if (is_digit(*end))
		while (is_digit(*end))
			end++;
	else if (*end && strchr("?#*@", *end))
		end++;
	if (end == begin || (dollar[1] == '{' && *end != '}'))
		return NULL;
	*length_out = (size_t)(end - begin);
	*end_out = end + (dollar[1] == '{');
	return begin;
}

/* At a dollar sign. In a text that is to be translated, it may stand for itself. */
static int take_variable(struct grub_lexer *lexer, struct reading *reading, enum grub_part_kind kind,
			 bool may_be_text, struct bd_error *err)
{
	const char *end;
	size_t length;
	const char *name = variable_name(lexer->at, &length, &end);

	reading->plain = false;
	if (!name && may_be_text) {
		step(lexer);
		return put(lexer, reading, '$', err);
	}
	if (!name)
		return bd_fail(err, EINVAL, "no variable's name is behind \"$\"");
	if (length > GRUB_WORD_MAX - reading->length)
		return bd_fail(err, E2BIG, "a word is longer than %d bytes", GRUB_WORD_MAX);
	reading->length += length;
	if (add_text(lexer, reading, err) != 0 || add_part(lexer, reading, kind, name, length, err) != 0)
		return -1;
	lexer->at = end;
	settle(lexer, false);
	return 0;
}

static int refuse_open_quote(struct bd_error *err)
{
	return bd_fail(err, EINVAL, "a quote is not closed");
}

static int take_single_quoted(struct grub_lexer *lexer, struct reading *reading, struct bd_error *err)
{
	reading->quoted = true;
	for (step(lexer); *lexer->at != '\''; step(lexer)) {
		if (!*lexer->at)
			return refuse_open_quote(err);
		if (put(lexer, reading, *lexer->at, err) != 0)
			return -1;
	}
	step(lexer);
	return 0;
}

/* In double quotes, a backslash is one but before $, \, " and a newline, which it takes away. */
static int take_quoted_backslash(struct grub_lexer *lexer, struct reading *reading, struct bd_error *err)
{
	step(lexer);
	if (!*lexer->at)
		return refuse_open_quote(err);
	if (!strchr("$\\\"\n", *lexer->at))
		return put(lexer, reading, '\\', err);
	if (*lexer->at != '\n' && put(lexer, reading, *lexer->at, err) != 0)
		return -1;
	step(lexer);
	return 0;
}

static int take_double_quoted(struct grub_lexer *lexer, struct reading *reading, bool is_translated,
			      struct bd_error *err)
{
	reading->quoted = true;
	step(lexer);
	while (*lexer->at != '"') {
		int r;
		if (!*lexer->at)
			return refuse_open_quote(err);
		if (*lexer->at == '\\') {
			r = take_quoted_backslash(lexer, reading, err);
		} else if (*lexer->at == '$') {
			r = take_variable(lexer, reading, GRUB_VARIABLE_QUOTED, is_translated, err);
			reading->quoted = true;
		} else {
			r = put(lexer, reading, *lexer->at, err);
			step(lexer);
		}
		if (r != 0)
			return -1;
	}
	step(lexer);
	return 0;
}

/* Outside of quotes. GRUB keeps \xHH for whoever reads a kernel's command line. */
static int take_backslash(struct grub_lexer *lexer, struct reading *reading, struct bd_error *err)
{
	step(lexer);
	if (!*lexer->at)
		return bd_fail(err, EINVAL, "it ends in a backslash");
	if (lexer->at[0] == 'x' && is_hex(lexer->at[1]) && is_hex(lexer->at[2]) &&
	    put(lexer, reading, '\\', err) != 0)
		return -1;
	bool joins_lines = *lexer->at == '\n';
	if (!joins_lines && put(lexer, reading, *lexer->at, err) != 0)
		return -1;
	step(lexer);
	return joins_lines && !*lexer->at ? bd_fail(err, EINVAL, "it ends in a backslash") : 0;
}

/* A part of its own, so that what is quoted beside it is none. */
static int put_pattern(struct grub_lexer *lexer, struct reading *reading, char c, struct bd_error *err)
{
	if (add_text(lexer, reading, err) != 0 || put(lexer, reading, c, err) != 0)
		return -1;
	reading->pattern = true;
	return add_text(lexer, reading, err);
}

static int take_piece(struct grub_lexer *lexer, struct reading *reading, struct bd_error *err)
{
	char c = *lexer->at;

	if (strchr("'\"\\", c) || (c == '$' && lexer->at[1] == '"'))
		reading->plain = false;
	if (c == '\'')
		return take_single_quoted(lexer, reading, err);
	if (c == '"')
		return take_double_quoted(lexer, reading, false, err);
	if (c == '\\')
		return take_backslash(lexer, reading, err);
	if (c == '$' && lexer->at[1] == '"') {
		step(lexer);
		return take_double_quoted(lexer, reading, true, err);
	}
	if (c == '$')
		return take_variable(lexer, reading, GRUB_VARIABLE, false, err);
	step(lexer);
	if (c == '*' || c == '?')
		return put_pattern(lexer, reading, c, err);
	return put(lexer, reading, c, err);
}

static enum grub_keyword keyword_of(const char *text)
{
	static const struct {
		const char *text;
		enum grub_keyword keyword;
	} rows[] = {
		{ "case", GRUB_KEYWORD_RESERVED },
		{ "do", GRUB_KEYWORD_DO },
		{ "done", GRUB_KEYWORD_DONE },
		{ "elif", GRUB_KEYWORD_ELIF },
		{ "else", GRUB_KEYWORD_ELSE },
		{ "esac", GRUB_KEYWORD_RESERVED },
		{ "fi", GRUB_KEYWORD_FI },
		{ "for", GRUB_KEYWORD_FOR },
		{ "function", GRUB_KEYWORD_FUNCTION },
		{ "if", GRUB_KEYWORD_IF },
		{ "in", GRUB_KEYWORD_IN },
		{ "select", GRUB_KEYWORD_RESERVED },
		{ "then", GRUB_KEYWORD_THEN },
		{ "until", GRUB_KEYWORD_UNTIL },
		{ "while", GRUB_KEYWORD_WHILE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (strcmp(rows[i].text, text) == 0)
			return rows[i].keyword;
	return GRUB_NO_KEYWORD;
}

static bool is_name(const char *text)
{
	if (!begins_name(*text))
		return false;
	while (begins_name(*text) || is_digit(*text))
		text++;
	return !*text;
}

static int take_word(struct grub_lexer *lexer, struct grub_token *token, struct bd_error *err)
{
	struct reading reading = { .plain = true };

	reading.word = grub_tree_take(lexer->tree, sizeof(*reading.word), err);
	if (!reading.word)
		return -1;
	reading.last = &reading.word->parts;
	lexer->length = 0;
	while (!ends_word(*lexer->at))
		if (take_piece(lexer, &reading, err) != 0)
			return -1;
	if (add_text(lexer, &reading, err) != 0)
		return -1;
	token->kind = GRUB_TOKEN_WORD;
	token->word = reading.word;
	if (!reading.plain)
		return 0;
	if (reading.word->parts->next)
		return 0;
	const char *text = reading.word->parts->text;
	if (strcmp(text, "[[") == 0 || strcmp(text, "]]") == 0)
		return bd_fail(err, EINVAL, "GRUB has no \"%s\"", text);
	token->keyword = keyword_of(text);
	token->name = token->keyword == GRUB_NO_KEYWORD && is_name(text) ? text : NULL;
	return 0;
}

static void skip_blanks(struct grub_lexer *lexer)
{
	while (*lexer->at == ' ' || *lexer->at == '\t')
		step(lexer);
	if (*lexer->at == '#')
		lexer->at += strcspn(lexer->at, "\n");
}

int grub_lexer_next(struct grub_lexer *lexer, struct grub_token *token_out, struct bd_error *err)
{
	static const struct {
		char c;
		enum grub_token_kind kind;
	} rows[] = { { '\n', GRUB_TOKEN_NEWLINE },
		     { ';', GRUB_TOKEN_SEMICOLON },
		     { '{', GRUB_TOKEN_OPEN },
		     { '}', GRUB_TOKEN_CLOSE } };

	skip_blanks(lexer);
	*token_out = (struct grub_token){ .kind = GRUB_TOKEN_END, .line = lexer->line };
	if (!*lexer->at)
		return 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (*lexer->at != rows[i].c)
			continue;
		token_out->kind = rows[i].kind;
		step(lexer);
		return 0;
	}
	if (strchr("|&<>", *lexer->at))
		return bd_fail(err, EINVAL, "unexpected \"%c\"", *lexer->at);
	return take_word(lexer, token_out, err);
}
