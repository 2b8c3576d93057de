/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks at an expression before the C library does. */
#include "bootmenu/grub/regexp.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/texts.h"
#include "bootmenu/grub/limits.h"
#include "bootmenu/grub/options.h"

#define GROUPS_MAX 32
/* In bytes, for each of the text: so that the worst expressions take a few seconds in all, and those that people write are hardly counted. */
#define COST 8
#define BASE_COST 32 /* short ones can be as bad */

/* Behind a set in brackets: at is behind its "[". */
static const char *behind_set(const char *at)
{
	at += *at == '^';
	at += *at == ']';
	while (*at && *at != ']') {
		char kind = at[1];
		bool is_class = *at == '[' && kind && strchr(":.=", kind);
		at += is_class ? 2 : 1;
		while (is_class && *at && !(*at == kind && at[1] == ']'))
			at++;
		at += is_class && *at ? 2 : 0;
	}
	return *at ? at + 1 : at;
}

/* The larger number of "{3,5}", whose "{" is before at, else 1. */
static unsigned long repeats(const char *at)
{
	unsigned long most = 1;

	for (; *at && *at != '}'; at++) {
		char *end;
		if (*at < '0' || *at > '9')
			continue;
		unsigned long number = strtoul(at, &end, 10);
		most = number > most ? number : most;
		at = end - 1;
	}
	return most;
}

static bool is_harmless(const char *expression)
{
	unsigned long all = 1;
	unsigned groups = 0;

	if (strlen(expression) > GRUB_REGEXP_MAX)
		return false;
	for (const char *at = expression; *at;) {
		char c = *at++;
		if (c == '\\' && *at >= '1' && *at <= '9')
			return false;
		if (c == '\\' && *at)
			at++;
		else if (c == '[')
			at = behind_set(at);
		else if (c == '(' && ++groups > GROUPS_MAX)
			return false;
		else if (c == '{' &&
			 (repeats(at) > GRUB_REGEXP_REPEATS_MAX || (all *= repeats(at)) > GRUB_REGEXP_REPEATS_MAX))
			return false;
	}
	return true;
}

/* what: "3:name" or "name", which is 1. */
static int set_match(struct grub_run *run, const char *what, const char *text, const regmatch_t *matches,
		     size_t count, int *status_out, struct bd_error *err)
{
	const char *colon = strchr(what, ':'), *name = colon ? colon + 1 : what;
	char *end = (char *)colon;
	unsigned long number = colon ? strtoul(what, &end, 10) : 1;

	if (end != colon) {
		*status_out = GRUB_FAILED;
		return 0;
	}
	if (number >= count || matches[number].rm_so < 0) {
		grub_variables_unset(&run->variables, name);
		return 0;
	}
	BD_FREE char *part =
		strndup(text + matches[number].rm_so, (size_t)(matches[number].rm_eo - matches[number].rm_so));
	return part ? grub_variables_set(&run->variables, name, part, err) : bd_no_memory(err);
}

static int match(struct grub_run *run, const char *expression, const char *text, const struct bd_texts *sets,
		 int *status_out, struct bd_error *err)
{
	regmatch_t matches[GROUPS_MAX + 1];
	regex_t regex;

	/* The C library keeps as many states as there are bytes in the text, each as large as the expression. */
	if (!is_harmless(expression) || strlen(text) > GRUB_REGEXP_TEXT_MAX ||
	    regcomp(&regex, expression, REG_EXTENDED) != 0)
		return 0;
	size_t count = regex.re_nsub + 1;
	int r = 0;
	if (count <= GROUPS_MAX + 1 && regexec(&regex, text, count, matches, 0) == 0) {
		*status_out = GRUB_TRUE;
		for (size_t i = 0; r == 0 && i < sets->count; i++)
			r = set_match(run, sets->items[i], text, matches, count, status_out, err);
	} else {
		*status_out = GRUB_FALSE;
	}
	regfree(&regex);
	return r;
}

int grub_regexp(struct grub_run *run, char *const *words, size_t count, int *status_out, struct bd_error *err)
{
	static const struct grub_option table[] = { { "set", 's', GRUB_VALUE }, { NULL, '\0', GRUB_NO_VALUE } };
	struct grub_options options = { .table = table, .words = words, .count = count };
	BD_DISPOSE(bd_texts_dispose) struct bd_texts sets = { 0 };
	const char *arguments[2], *value;
	size_t given = 0;
	int option;

	*status_out = GRUB_FAILED;
	while (grub_options_next(&options, &option, &value)) {
		if (option == GRUB_NO_OPTION && given < 2)
			arguments[given] = value;
		given += option == GRUB_NO_OPTION;
		if (option != GRUB_NO_OPTION && value && bd_texts_append(&sets, value, err) != 0)
			return -1;
	}
	if (given != 2)
		return 0;
	if (grub_run_step(run, (strlen(arguments[0]) + BASE_COST) * strlen(arguments[1]) * COST, err) != 0)
		return -1;
	return match(run, arguments[0], arguments[1], &sets, status_out, err);
}
