/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One pass over the words, with a call for each pair of brackets. */
#include "bootmenu/grub/condition.h"

#include <stdlib.h>
#include <string.h>

#include "bootmenu/grub/place.h"

#define BRACKETS_MAX 100 /* in each other, as in GRUB */

struct condition {
	struct grub_run *run;
	char *const *words;
	size_t count, at;
	unsigned depth;
};

/* Of what stands between two -o, or two brackets. */
struct term {
	bool any; /* a term before an -o was true */
	bool all; /* all that came since were */
	bool inverted;
};

static void update(struct term *term, bool value)
{
	term->all = term->all && value != term->inverted;
	term->inverted = false;
}

static long long number(const char *text)
{
	return strtoll(text, NULL, 0);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Numbers behind what two texts have in common, as of versions: vmlinuz-2 is before vmlinuz-11. */
static int compare_behind_prefix(const char *one, const char *other)
{
	size_t same = 0;

	while (one[same] && one[same] == other[same])
		same++;
	while (same > 0 && is_digit(one[same - 1]))
		same--;
	long long first = strtoll(one + same, NULL, 0), second = strtoll(other + same, NULL, 0);
	return (first > second) - (first < second);
}

static bool compare_texts(const char *one, const char *how, const char *other, bool *value_out)
{
	int order = strcmp(one, other);
	const struct {
		const char *how;
		bool value;
	} rows[] = { { "=", order == 0 },  { "==", order == 0 }, { "!=", order != 0 }, { "<", order < 0 },
		     { "<=", order <= 0 }, { ">", order > 0 },	 { ">=", order >= 0 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		*value_out = rows[i].value;
		if (strcmp(how, rows[i].how) == 0)
			return true;
	}
	return false;
}

static bool compare_numbers(const char *one, const char *how, const char *other, bool *value_out)
{
	long long first = number(one), second = number(other);
	int behind = compare_behind_prefix(one, other);
	const struct {
		const char *how;
		bool value;
	} rows[] = { { "-eq", first == second }, { "-ne", first != second }, { "-ge", first >= second },
		     { "-gt", first > second },	 { "-le", first <= second }, { "-lt", first < second },
		     { "-pgt", behind > 0 },	 { "-plt", behind < 0 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		*value_out = rows[i].value;
		if (strcmp(how, rows[i].how) == 0)
			return true;
	}
	*value_out = false;
	return strncmp(how, "-nt", 3) == 0 || strncmp(how, "-ot", 3) == 0;
}

/* False: it is no operator between two words. */
static bool compare(const char *one, const char *how, const char *other, bool *value_out)
{
	if (*how == '-')
		return compare_numbers(one, how, other, value_out);
	return *how && strchr("=!<>", *how) && compare_texts(one, how, other, value_out);
}

static int has_content(struct grub_run *run, const char *name, bool *value_out, struct bd_error *err)
{
	char *text = NULL, type;
	size_t size;

	if (grub_place_look(run, name, &type, err) != 0)
		return -1;
	*value_out = false;
	if (type != 'f')
		return 0;
	/* Longer than a byte is not read. */
	if (grub_place_read(run, name, 1, &text, &size, err) != 0)
		return -1;
	*value_out = !text || size > 0;
	free(text);
	return 0;
}

/* *found_out false: it is no operator before a word. */
static int examine(struct grub_run *run, const char *how, const char *word, bool *found_out, bool *value_out,
		   struct bd_error *err)
{
	char type;

	*found_out = strlen(how) == 2 && how[0] == '-' && strchr("defsnz", how[1]);
	if (!*found_out)
		return 0;
	switch (how[1]) {
	case 'n':
		*value_out = *word != '\0';
		return 0;
	case 'z':
		*value_out = *word == '\0';
		return 0;
	case 's':
		return has_content(run, word, value_out, err);
	default:
		if (grub_place_look(run, word, &type, err) != 0)
			return -1;
		*value_out = how[1] == 'e' ? type != '\0' : type == how[1];
		return 0;
	}
}

static int evaluate(struct condition *condition, bool *value_out, int *status_out, struct bd_error *err);

/* What is no comparison: brackets, operators between terms, or a string. */
static int take_word(struct condition *condition, struct term *term, int *status_out, struct bd_error *err)
{
	const char *word = condition->words[condition->at++];
	bool value = false;

	if (strcmp(word, "(") == 0) {
		if (++condition->depth > BRACKETS_MAX) {
			*status_out = GRUB_FAILED;
			return 0;
		}
		if (evaluate(condition, &value, status_out, err) != 0)
			return -1;
		update(term, value);
	} else if (strcmp(word, "!") == 0) {
		term->inverted = !term->inverted;
	} else if (strcmp(word, "-o") == 0) {
		term->any = term->any || term->all;
		term->all = true;
	} else if (strcmp(word, "-a") != 0) {
		update(term, *word != '\0');
	}
	return 0;
}

/* Up to a closing bracket, or the end. */
static int evaluate(struct condition *condition, bool *value_out, int *status_out, struct bd_error *err)
{
	struct term term = { .all = true };

	while (condition->at < condition->count && *status_out == GRUB_TRUE) {
		char *const *words = condition->words + condition->at;
		size_t left = condition->count - condition->at;
		bool found = false, value = false;
		if (left > 2 && compare(words[0], words[1], words[2], &value)) {
			condition->at += 3;
			update(&term, value);
			continue;
		}
		if (left > 1 && examine(condition->run, words[0], words[1], &found, &value, err) != 0)
			return -1;
		if (found) {
			condition->at += 2;
			update(&term, value);
			continue;
		}
		if (strcmp(words[0], ")") == 0) {
			condition->at++;
			condition->depth -= condition->depth > 0;
			break;
		}
		if (take_word(condition, &term, status_out, err) != 0)
			return -1;
	}
	*value_out = term.any || term.all;
	return 0;
}

int grub_condition(struct grub_run *run, char *const *words, size_t count, int *status_out, struct bd_error *err)
{
	struct condition condition = { .run = run, .words = words, .count = count };
	bool value;

	if (count > 0 && strcmp(words[count - 1], "]") == 0)
		condition.count--;
	*status_out = GRUB_TRUE;
	if (evaluate(&condition, &value, status_out, err) != 0)
		return -1;
	if (*status_out == GRUB_TRUE && !value)
		*status_out = GRUB_FALSE;
	return 0;
}
