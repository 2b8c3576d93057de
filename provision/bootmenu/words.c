/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cuts a text into lines, and lines into words. */
#include "bootmenu/words.h"

#include <stdbool.h>
#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

char *bd_bootmenu_next_line(struct bd_bootmenu_lines *lines)
{
	if (lines->at >= lines->end)
		return NULL;
	char *line = lines->at, *newline = memchr(line, '\n', (size_t)(lines->end - line));
	char *end = newline ? newline : lines->end;
	lines->at = newline ? newline + 1 : lines->end;
	*end = '\0';
	end = line + strlen(line);
	while (end > line && is_blank(end[-1]))
		end--;
	*end = '\0';
	while (is_blank(*line))
		line++;
	return line;
}

char *bd_bootmenu_next_word(char **rest, const char *separators)
{
	char *word = *rest;

	while (is_blank(*word))
		word++;
	char *end = word;
	while (*end && !is_blank(*end) && !strchr(separators, *end))
		end++;
	if (end == word && !*end) {
		*rest = end;
		return NULL;
	}
	char *behind = end;
	while (*behind && (is_blank(*behind) || strchr(separators, *behind)))
		behind++;
	*end = '\0';
	*rest = behind;
	return word;
}

int bd_bootmenu_number(const char *text, int limit)
{
	int value = 0;

	if (*text < '0' || *text > '9')
		return -1;
	for (; *text >= '0' && *text <= '9'; text++)
		value = value > (limit - (*text - '0')) / 10 ? limit : value * 10 + (*text - '0');
	return value;
}
