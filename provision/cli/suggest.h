/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "Did you mean": finds the known name that is nearest to an unknown one. */
#ifndef BD_CLI_SUGGEST_H
#define BD_CLI_SUGGEST_H

#include <stddef.h>

/* word: what was typed; the rest begins as zeros. found: the nearest name so far, borrowed; NULL where none is near. */
struct bd_suggestion {
	const char *word, *found;
	size_t distance;
};

/* A name is near when a third of it, or less, was typed wrong: letters that are missing, too many, others, or two that
 * have changed places. */
void bd_suggest(struct bd_suggestion *suggestion, const char *name);

#endif
