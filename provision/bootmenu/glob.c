/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Matches patterns without recursion: only the last star is ever tried anew. */
#include "bootmenu/glob.h"

#include <stddef.h>

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* at: behind "[". *end_out: behind "]"; NULL: the set does not end. */
static bool is_in_set(const char *at, char c, const char **end_out)
{
	bool negated = *at == '!' || *at == '^', found = false;
	const char *first = at + negated;

	*end_out = NULL;
	for (at = first; *at && (*at != ']' || at == first); at++) {
		char from = *at, to = from;
		if (at[1] == '-' && at[2] && at[2] != ']') {
			to = at[2];
			at += 2;
		}
		found |= lower(from) <= lower(c) && lower(c) <= lower(to);
	}
	if (*at)
		*end_out = at + 1;
	return *at && found != negated;
}

/* One character. *next_out: the pattern behind what matched it. */
static bool match_one(const char *pattern, char c, const char **next_out)
{
	*next_out = pattern + 1;
	if (*pattern == '?')
		return true;
	if (*pattern == '[')
		return is_in_set(pattern + 1, c, next_out);
	if (*pattern == '\\' && pattern[1]) {
		pattern++;
		*next_out = pattern + 1;
	}
	return *pattern && lower(*pattern) == lower(c);
}

bool bd_glob_match(const char *pattern, const char *text)
{
	const char *star = NULL, *tried = NULL, *next;

	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			tried = text;
		} else if (match_one(pattern, *text, &next)) {
			pattern = next;
			text++;
		} else if (star) {
			pattern = star;
			text = ++tried;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}
