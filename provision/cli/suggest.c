/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The distance of two names: Damerau and Levenshtein's, in the variant in which no part is edited twice ("optimal string
 * alignment"). */
#include "cli/suggest.h"

#include <string.h>

#define NAME_LENGTH 32

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t d[NAME_LENGTH + 1][NAME_LENGTH + 1];

	for (size_t i = 0; i <= a_length; i++)
		for (size_t k = 0; k <= b_length; k++) {
			if (i == 0 || k == 0) {
				d[i][k] = i + k;
				continue;
			}
			size_t change = d[i - 1][k - 1] + (a[i - 1] != b[k - 1]);
			d[i][k] = least(change, least(d[i - 1][k], d[i][k - 1]) + 1);
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
				d[i][k] = least(d[i][k], d[i - 2][k - 2] + 1);
		}
	return d[a_length][b_length];
}

void bd_suggest(struct bd_suggestion *suggestion, const char *name)
{
	size_t word_length = strlen(suggestion->word), name_length = strlen(name);

	if (word_length > NAME_LENGTH || name_length > NAME_LENGTH)
		return;
	size_t away = distance(suggestion->word, word_length, name, name_length);
	if (away > (name_length < 3 ? 1 : name_length / 3) || (suggestion->found && away >= suggestion->distance))
		return;
	suggestion->found = name;
	suggestion->distance = away;
}
