/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Goes through the lines; the text is not changed. */
#include "kernel/env_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

void bd_env_text_clean(char *text)
{
	size_t first = 0, length = strlen(text);

	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			text[i] = ' ';
	while (length && text[length - 1] == ' ')
		length--;
	while (first < length && text[first] == ' ')
		first++;
	memmove(text, text + first, length - first);
	text[length - first] = '\0';
}

/* Quotes go, and what a backslash is before stays: in double quotes that is one of $"\`, in none it is anything. to has as much room as
 * from has bytes. */
static void unquote(const char *from, size_t length, char *to)
{
	char quote = '\0';

	for (size_t i = 0; i < length; i++) {
		if (quote ? from[i] == quote : from[i] == '"' || from[i] == '\'')
			quote = quote ? '\0' : from[i];
		else if (from[i] == '\\' && i + 1 < length &&
			 (!quote || (quote == '"' && strchr("$\"\\`", from[i + 1]))))
			*to++ = from[++i];
		else
			*to++ = from[i];
	}
	*to = '\0';
}

/* Behind "KEY=", or NULL: the line is of another one. */
static const char *value_of(const char *line, const char *end, const char *key)
{
	size_t length = strlen(key);

	while (line < end && (*line == ' ' || *line == '\t'))
		line++;
	if ((size_t)(end - line) <= length || strncmp(line, key, length) != 0 || line[length] != '=')
		return NULL;
	return line + length + 1;
}

int bd_env_text_get(const char *text, const char *key, size_t limit_bytes, char **value_out, struct bd_error *err)
{
	const char *value = NULL;
	size_t length = 0;

	for (const char *line = text; *line;) {
		size_t size = strcspn(line, "\r\n");
		const char *found = value_of(line, line + size, key);
		if (found) {
			value = found;
			length = (size_t)(line + size - found);
		}
		line += size + (line[size] != '\0');
	}
	if (!value)
		return 0;
	BD_FREE char *plain = malloc(length + 1);
	if (!plain)
		return bd_no_memory(err);
	unquote(value, length, plain);
	bd_env_text_clean(plain);
	if (strlen(plain) >= limit_bytes)
		return bd_fail(err, E2BIG, "its %s is longer than %zu characters", key, limit_bytes - 1);
	if (*plain)
		*value_out = bd_take_ptr(plain);
	return 0;
}
