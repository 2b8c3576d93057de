/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes an xl config in place. */
#include "xlcfg/edit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "xlcfg/lexer.h"

#define BLANKS " \t\r"

/* Of *text, begin..end. */
static int replace(char **text, const char *begin, const char *end, const char *insert, struct bd_error *err)
{
	char *result;

	if (bd_text_format(&result, err, "%.*s%s%s", (int)(begin - *text), *text, insert, end) != 0)
		return -1;
	bd_text_replace(text, result);
	return 0;
}

/* Takes begin..end out; with it the line, when nothing else is in it, and a semicolon that nothing needs any more. */
static int cut(char **text, const char *begin, const char *end, struct bd_error *err)
{
	while (begin > *text && strchr(BLANKS, begin[-1]))
		begin--;
	bool from_start = begin == *text || begin[-1] == '\n';
	const char *after = end + strspn(end, BLANKS);
	if (*after == ';')
		end = after + 1, after = end + strspn(end, BLANKS);
	if (from_start && (*after == '\n' || !*after))
		end = *after ? after + 1 : after;
	else if (from_start)
		end = after;
	return replace(text, begin, end, "", err);
}

struct found {
	struct bd_cfg_statement last_set; /* the last assignment with =, or else the first with += */
	bool has_set;
	struct bd_cfg_statement last; /* the last of any kind */
	bool has_last;
};

static int find(const char *text, const char *key, struct found *found_out, struct bd_error *err)
{
	struct found found = { 0 };
	struct bd_cfg_lexer lexer;
	struct bd_cfg_statement statement;
	int r;

	bd_cfg_lexer_init(&lexer, text);
	while ((r = bd_cfg_next_statement(&lexer, &statement, err)) > 0) {
		if (!bd_cfg_statement_is(&statement, key))
			continue;
		if (!statement.adds || !found.has_set)
			found.last_set = statement;
		found.last = statement;
		found.has_set = found.has_last = true;
	}
	*found_out = found;
	return r;
}

static int remove_key(char **text, const char *key, struct bd_error *err)
{
	struct found found;

	for (;;) {
		if (find(*text, key, &found, err) != 0)
			return -1;
		if (!found.has_last)
			return 0;
		if (cut(text, found.last.begin, found.last.end, err) != 0)
			return -1;
	}
}

/* The one assignment that counts is changed, and nothing is added to it any more. */
static int set_key(char **text, const char *key, const char *value, struct bd_error *err)
{
	BD_FREE char *line = NULL;
	struct found found;

	for (;;) {
		if (find(*text, key, &found, err) != 0)
			return -1;
		if (!found.has_last || found.last.begin == found.last_set.begin)
			break;
		if (cut(text, found.last.begin, found.last.end, err) != 0)
			return -1;
	}
	if (found.has_set && !found.last_set.adds && found.last_set.value != found.last_set.end)
		return replace(text, found.last_set.value, found.last_set.end, value, err);

	size_t length = strlen(*text);
	bool needs_newline = !found.has_set && length && (*text)[length - 1] != '\n';
	if (bd_text_format(&line, err, "%s%s = %s%s", needs_newline ? "\n" : "", key, value,
			   found.has_set ? "" : "\n") != 0)
		return -1;
	if (found.has_set)
		return replace(text, found.last_set.begin, found.last_set.end, line, err);
	return replace(text, *text + length, *text + length, line, err);
}

int bd_cfg_edit(const char *text, const struct bd_cfg_change *changes, size_t count, char **text_out,
		struct bd_error *err)
{
	BD_FREE char *changed = strdup(text);

	if (!changed)
		return bd_no_memory(err);
	for (size_t i = 0; i < count; i++) {
		int r = changes[i].value ? set_key(&changed, changes[i].key, changes[i].value, err)
					 : remove_key(&changed, changes[i].key, err);
		if (r != 0)
			return -1;
	}
	*text_out = bd_take_ptr(changed);
	return 0;
}

int bd_cfg_edit_number(const char *text, const char *key, uint64_t value, const char *limit_key, uint64_t limit,
		       char **text_out, struct bd_error *err)
{
	char digits[24];
	const struct bd_cfg_change changes[] = { { key, digits }, { limit_key, digits } };

	snprintf(digits, sizeof(digits), "%" PRIu64, value);
	return bd_cfg_edit(text, changes, limit && limit < value ? 2 : 1, text_out, err);
}

struct found_word {
	struct bd_cfg_statement comment; /* the last of ours */
	bool has_comment;
	struct bd_cfg_statement word_comment; /* that of the word */
	struct bd_cfg_word word; /* the last with the key */
	bool has_word;
	bool first_line_is_whole; /* no statement goes on behind the first line */
};

static int find_word(const char *text, const char *key, struct found_word *found_out, struct bd_error *err)
{
	struct found_word found = { .first_line_is_whole = true };
	const char *line_end = text + strcspn(text, "\n");
	struct bd_cfg_statement statement;
	struct bd_cfg_lexer lexer;
	int r;

	bd_cfg_lexer_init(&lexer, text);
	while ((r = bd_cfg_next_statement(&lexer, &statement, err)) > 0) {
		struct bd_cfg_word word;
		const char *at = bd_cfg_our_words(&statement);
		if (statement.begin < line_end && statement.end > line_end)
			found.first_line_is_whole = false;
		if (!at)
			continue;
		found.comment = statement;
		found.has_comment = true;
		while (bd_cfg_next_word(&at, statement.end, &word))
			if (bd_cfg_word_is(&word, key)) {
				found.word_comment = statement;
				found.word = word;
				found.has_word = true;
			}
	}
	*found_out = found;
	return r;
}

static bool has_words(const struct bd_cfg_statement *comment, const struct bd_cfg_word *beside)
{
	const char *at = bd_cfg_our_words(comment);
	struct bd_cfg_word word;

	while (bd_cfg_next_word(&at, comment->end, &word))
		if (word.begin != beside->begin)
			return true;
	return false;
}

static int remove_word(char **text, const char *key, struct bd_error *err)
{
	struct found_word found;

	for (;;) {
		if (find_word(*text, key, &found, err) != 0)
			return -1;
		if (!found.has_word)
			return 0;
		const struct bd_cfg_statement *comment = &found.word_comment;
		const char *begin = found.word.begin;
		while (strchr(BLANKS, begin[-1]))
			begin--;
		int r = has_words(comment, &found.word) ? replace(text, begin, found.word.end, "", err)
							: cut(text, comment->begin, comment->end, err);
		if (r != 0)
			return -1;
	}
}

static int add_comment(char **text, const char *word, bool as_second_line, struct bd_error *err)
{
	BD_FREE char *line = NULL;
	const char *at = *text;

	if (as_second_line)
		at += strcspn(at, "\n");
	bool needs_newline = at > *text && !*at;
	at += *at == '\n' && as_second_line;
	if (bd_text_format(&line, err, "%s# xen-bigdisk: %s\n", needs_newline ? "\n" : "", word) != 0)
		return -1;
	return replace(text, at, at, line, err);
}

static int set_word(char **text, const char *key, const char *value, struct bd_error *err)
{
	BD_FREE char *word = NULL;
	struct found_word found;

	if (find_word(*text, key, &found, err) != 0)
		return -1;
	if (found.has_word)
		return replace(text, found.word.value, found.word.end, value, err);
	if (bd_text_format(&word, err, "%s%s=%s", found.has_comment ? " " : "", key, value) != 0)
		return -1;
	if (!found.has_comment)
		return add_comment(text, word, found.first_line_is_whole, err);
	const char *end = found.comment.end;
	while (strchr(BLANKS, end[-1]))
		end--;
	return replace(text, end, end, word, err);
}

int bd_cfg_edit_word(const char *text, const char *key, const char *value, char **text_out, struct bd_error *err)
{
	BD_FREE char *changed = NULL;

	for (const char *at = value; at && *at; at++)
		if ((unsigned char)*at <= ' ' || *at == 0x7f)
			return bd_fail(err, EINVAL,
				       "\"%s\" contains a blank or control character, which is not allowed here",
				       value);
	changed = strdup(text);
	if (!changed)
		return bd_no_memory(err);
	int r = value && *value ? set_word(&changed, key, value, err) : remove_word(&changed, key, err);
	if (r != 0)
		return -1;
	*text_out = bd_take_ptr(changed);
	return 0;
}
