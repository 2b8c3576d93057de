/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the top-level keys of a config text; libxlutil has no iterator over them.
 *
 * The tokens are those of libxlutil's lexer (tools/libs/util/libxlu_cfg_l.l): strings in ' or " on one line with
 * backslash escapes, # comments that end in a newline, numbers [0-9][0-9a-fx]*, identifiers [a-z][._0-9a-z]*.
 */
#include "libxl/config/keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

struct scanner {
	const char *path;
	struct bd_key_uses *uses;
	const char *at, *end;
	unsigned line;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_identifier(char c)
{
	return (c >= 'a' && c <= 'z') || is_digit(c) || c == '_' || c == '.';
}

static bool is_number(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || c == 'x';
}

static int add_use(struct scanner *scan, const char *name, size_t length, bool adds, struct bd_error *err)
{
	if (bd_array_grow(scan->uses->items, scan->uses->count, err) != 0)
		return -1;

	char *copy = strndup(name, length);
	if (!copy)
		return bd_no_memory(err);
	scan->uses->items[scan->uses->count++] =
		(struct bd_key_use){ .name = copy, .line = scan->line, .adds = adds };
	return 0;
}

static int scan_identifier(struct scanner *scan, struct bd_error *err)
{
	const char *start = scan->at;
	while (scan->at < scan->end && is_identifier(*scan->at))
		scan->at++;
	size_t length = (size_t)(scan->at - start);

	const char *after = scan->at;
	while (after < scan->end && (*after == ' ' || *after == '\t'))
		after++;
	return add_use(scan, start, length, after < scan->end && *after == '+', err);
}

/* Leaves at behind the closing quote, or at the newline of a string that is not closed (libxlutil's to refuse). */
static void scan_string(struct scanner *scan)
{
	char quote = *scan->at++;
	while (scan->at < scan->end && *scan->at != '\n') {
		char c = *scan->at++;
		if (c == quote)
			return;
		if (c != '\\' || scan->at == scan->end || *scan->at == '\n')
			continue;
		if (is_digit(*scan->at) && !scan->uses->octal_line)
			scan->uses->octal_line = scan->line;
		scan->at++;
	}
}

static int scan_comment(struct scanner *scan, struct bd_error *err)
{
	const char *newline = memchr(scan->at, '\n', (size_t)(scan->end - scan->at));
	if (!newline)
		return bd_fail(err, EINVAL,
			       "%s:%u: the file ends in a comment without a newline, which xl rejects: add one",
			       scan->path, scan->line);
	scan->at = newline;
	return 0;
}

static int scan_token(struct scanner *scan, struct bd_error *err)
{
	char c = *scan->at;
	if (c == '"' || c == '\'') {
		scan_string(scan);
		return 0;
	}
	if (c == '#')
		return scan_comment(scan, err);
	if (c >= 'a' && c <= 'z')
		return scan_identifier(scan, err);
	if (is_digit(c)) {
		while (scan->at < scan->end && is_number(*scan->at))
			scan->at++;
		return 0;
	}
	if (c == '\n')
		scan->line++;
	scan->at++;
	return 0;
}

/* On whole lines, before the tokens: the lexer's own messages about these are hard to read. */
static int check_bytes(const struct scanner *scan, struct bd_error *err)
{
	unsigned line = 1;
	for (const char *at = scan->at; at < scan->end; at++) {
		if (*at == '\0')
			return bd_fail(err, EINVAL, "%s:%u: contains a NUL byte: not a text file", scan->path, line);
		if (*at != '\n')
			continue;
		if (at > scan->at && at[-1] == '\r')
			return bd_fail(
				err, EINVAL,
				"%s:%u: the line ends in CR LF, which xl rejects: convert the file to Unix line ends",
				scan->path, line);
		line++;
	}
	return 0;
}

void bd_key_uses_dispose(struct bd_key_uses *uses)
{
	for (size_t i = 0; i < uses->count; i++)
		free(uses->items[i].name);
	free(uses->items);
	*uses = (struct bd_key_uses){ 0 };
}

int bd_keys_scan(const char *path, const char *text, size_t size_bytes, struct bd_key_uses *uses,
		 struct bd_error *err)
{
	struct scanner scan = { .path = path, .uses = uses, .at = text, .end = text + size_bytes, .line = 1 };
	if (check_bytes(&scan, err))
		return -1;
	while (scan.at < scan.end)
		if (scan_token(&scan, err))
			return -1;
	return 0;
}
