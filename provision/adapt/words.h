/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words that become others in the text of a file: names, addresses, UUIDs. Pure. */
#ifndef BD_ADAPT_WORDS_H
#define BD_ADAPT_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define BD_WORD_TEXT_SIZE 66
#define BD_WORD_CHANGES_MAX 160 /* each interface can have 16 addresses */

struct bd_word_change {
	char from[BD_WORD_TEXT_SIZE], to[BD_WORD_TEXT_SIZE];
};

struct bd_word_changes {
	struct bd_word_change items[BD_WORD_CHANGES_MAX];
	size_t count;
};

/* Part of a word: a letter, a digit, "_" or "-". */
bool bd_word_is_inner(char c);

/* ENOSPC: there are too many. Empty words, and one that stays the same, are left out. */
int bd_word_changes_add(struct bd_word_changes *changes, const char *from, const char *to, struct bd_error *err);

/* The text with each of the words replaced where it stands by itself: no letter, digit, "_", "-" or "." before it and no
 * letter, digit, "_" or "-" behind it, so that web01 in web01.example.org is one, and in web01-old is none. Capital and
 * small letters are the same. The caller frees; NULL: nothing was to be replaced. */
int bd_words_replace(const char *text, const struct bd_word_changes *changes, char **text_out, struct bd_error *err);

#endif
