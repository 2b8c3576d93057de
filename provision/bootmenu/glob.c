/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Matches patterns without recursion: only the last star is ever tried anew. */
#include "bootmenu/glob.h"

#include <stddef.h>

static char folded(char c, bool folds)
{
	return folds && c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* at: behind "[". *end_out: behind "]"; NULL: the set does not end. */
static bool is_in_set(const char *at, char c, bool folds, const char **end_out)
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
		found |= folded(from, folds) <= folded(c, folds) && folded(c, folds) <= folded(to, folds);
	}
	if (*at)
		*end_out = at + 1;
	return *at && found != negated;
}

/* One character. *next_out: the pattern behind what matched it. */
static bool match_one(const char *pattern, char c, bool folds, const char **next_out)
{
	*next_out = pattern + 1;
	if (*pattern == '?')
		return true;
	if (*pattern == '[')
		return is_in_set(pattern + 1, c, folds, next_out);
	if (*pattern == '\\' && pattern[1]) {
		pattern++;
		*next_out = pattern + 1;
	}
	return *pattern && folded(*pattern, folds) == folded(c, folds);
}

static bool match(const char *pattern, const char *text, bool folds)
{
	const char *star = NULL, *tried = NULL, *next;

	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			tried = text;
		} else if (match_one(pattern, *text, folds, &next)) {
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

bool bd_glob_match(const char *pattern, const char *text)
{
	return match(pattern, text, true);
}

bool bd_glob_match_exactly(const char *pattern, const char *text)
{
	return match(pattern, text, false);
}
