/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replaces words where they stand by themselves. */
#include "adapt/words.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

int bd_word_changes_add(struct bd_word_changes *changes, const char *from, const char *to, struct bd_error *err)
{
	if (!*from || strcmp(from, to) == 0)
		return 0;
	if (changes->count == BD_WORD_CHANGES_MAX || strlen(from) >= BD_WORD_TEXT_SIZE ||
	    strlen(to) >= BD_WORD_TEXT_SIZE)
		return bd_fail(err, ENOSPC, "too many names to replace: %.60s", from);
	struct bd_word_change *change = &changes->items[changes->count++];
	strcpy(change->from, from);
	strcpy(change->to, to);
	return 0;
}

bool bd_word_is_inner(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* The change whose word begins at `at`; NULL: none does. */
static const struct bd_word_change *word_at(const char *text, const char *at, const struct bd_word_changes *changes)
{
	if (at > text && (bd_word_is_inner(at[-1]) || at[-1] == '.'))
		return NULL;
	for (size_t i = 0; i < changes->count; i++) {
		size_t size = strlen(changes->items[i].from);
		if (strncasecmp(at, changes->items[i].from, size) == 0 && !bd_word_is_inner(at[size]))
			return &changes->items[i];
	}
	return NULL;
}

int bd_words_replace(const char *text, const struct bd_word_changes *changes, char **text_out, struct bd_error *err)
{
	BD_FREE char *changed = NULL;
	size_t size;
	bool any = false;
	FILE *out = open_memstream(&changed, &size);

	if (!out)
		return bd_no_memory(err);
	for (const char *at = text; *at;) {
		const struct bd_word_change *change = word_at(text, at, changes);
		if (change) {
			fputs(change->to, out);
			at += strlen(change->from);
			any = true;
		} else {
			fputc(*at++, out);
		}
	}
	if (fclose(out) != 0)
		return bd_no_memory(err);
	*text_out = any ? bd_take_ptr(changed) : NULL;
	return 0;
}
