/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the nearest of several names. */
#include "cli/suggest.h"

#include <string.h>

#include "base/text.h"

void bd_suggest(struct bd_suggestion *suggestion, const char *name)
{
	size_t name_length = strlen(name), away = bd_text_distance(suggestion->word, name);

	if (away > (name_length < 3 ? 1 : name_length / 3) || (suggestion->found && away >= suggestion->distance))
		return;
	suggestion->found = name;
	suggestion->distance = away;
}
