/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One word after the other. */
#include "bootmenu/grub/options.h"

#include <string.h>

static int find_letter(const struct grub_options *options, char letter)
{
	for (int i = 0; options->table[i].name; i++)
		if (options->table[i].letter == letter)
			return i;
	return GRUB_NO_OPTION;
}

static int find_name(const struct grub_options *options, const char *name, size_t length)
{
	for (int i = 0; options->table[i].name; i++)
		if (strncmp(options->table[i].name, name, length) == 0 && !options->table[i].name[length])
			return i;
	return GRUB_NO_OPTION;
}

static bool are_letters(const struct grub_options *options, const char *letters)
{
	for (; *letters; letters++)
		if (find_letter(options, *letters) == GRUB_NO_OPTION)
			return false;
	return true;
}

/* Only the last of several letters may have a value. */
static void take_letter(struct grub_options *options, int *option_out, const char **value_out)
{
	*option_out = find_letter(options, *options->letters++);
	if (*options->letters)
		return;
	options->letters = NULL;
	if (options->table[*option_out].value == GRUB_NO_VALUE || options->at == options->count)
		return;
	const char *next = options->words[options->at];
	if (options->table[*option_out].value == GRUB_OPTIONAL_VALUE && next[0] == '-' && next[1])
		return;
	*value_out = next;
	options->at++;
}

static void take_name(struct grub_options *options, const char *word, int *option_out, const char **value_out)
{
	const char *equals = strchr(word, '=');
	size_t length = equals ? (size_t)(equals - word - 2) : strlen(word + 2);

	*option_out = find_name(options, word + 2, length);
	if (*option_out == GRUB_NO_OPTION) {
		*value_out = word;
	} else if (equals) {
		*value_out = equals + 1;
	} else if (options->table[*option_out].value != GRUB_NO_VALUE && options->at < options->count &&
		   options->words[options->at][0] != '-') {
		*value_out = options->words[options->at++];
	}
}

bool grub_options_next(struct grub_options *options, int *option_out, const char **value_out)
{
	*option_out = GRUB_NO_OPTION;
	*value_out = NULL;
	if (options->letters) {
		take_letter(options, option_out, value_out);
		return true;
	}
	if (options->at == options->count)
		return false;
	const char *word = options->words[options->at++];
	if (options->ended || word[0] != '-' || !word[1]) {
		*value_out = word;
	} else if (strcmp(word, "--") == 0) {
		options->ended = true;
		return grub_options_next(options, option_out, value_out);
	} else if (word[1] == '-') {
		take_name(options, word, option_out, value_out);
	} else if (are_letters(options, word + 1)) {
		options->letters = word + 1;
		take_letter(options, option_out, value_out);
	} else {
		*value_out = word;
	}
	return true;
}
