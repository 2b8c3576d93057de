/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares versions segment by segment. */
#include "bootmenu/version.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Of ASCII only, whatever the locale says. */
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A part of a version; it may end before the string does. */
struct part {
	const char *at, *end;
};

static struct part part_of(const char *text)
{
	return (struct part){ text, text + strlen(text) };
}

/* '\0' at the end. */
static char first(const struct part *part)
{
	return part->at < part->end ? *part->at : '\0';
}

static struct part take(struct part *part, bool (*is)(char c))
{
	struct part taken = { part->at, part->at };

	while (taken.end < part->end && is(*taken.end))
		taken.end++;
	part->at = taken.end;
	return taken;
}

static int compare_bytes(const struct part *a, const struct part *b)
{
	size_t a_size = (size_t)(a->end - a->at), b_size = (size_t)(b->end - b->at);
	int order = memcmp(a->at, b->at, a_size < b_size ? a_size : b_size);

	return order ? order : (a_size > b_size) - (a_size < b_size);
}

static int compare_numbers(struct part a, struct part b)
{
	while (first(&a) == '0')
		a.at++;
	while (first(&b) == '0')
		b.at++;
	ptrdiff_t longer = (a.end - a.at) - (b.end - b.at);
	return longer ? (longer > 0 ? 1 : -1) : compare_bytes(&a, &b);
}

/* Both numbers, or neither: the one that has one is newer. */
static int compare_segments(struct part *a, struct part *b)
{
	if (is_digit(first(a)) != is_digit(first(b)))
		return is_digit(first(a)) ? 1 : -1;
	bool numbers = is_digit(first(a));
	struct part one = take(a, numbers ? is_digit : is_letter), other = take(b, numbers ? is_digit : is_letter);
	return numbers ? compare_numbers(one, other) : compare_bytes(&one, &other);
}

/* Where only one begins with the character, it is older; where both do, it is passed over. */
static int compare_mark(char mark, struct part *a, struct part *b)
{
	bool in_a = first(a) == mark, in_b = first(b) == mark;

	if (in_a != in_b)
		return in_a ? -1 : 1;
	a->at += in_a;
	b->at += in_b;
	return 0;
}

static void skip_others(struct part *part, const char *marks)
{
	while (part->at < part->end && !is_digit(*part->at) && !is_letter(*part->at) && !strchr(marks, *part->at))
		part->at++;
}

int bd_version_compare(const char *a_text, const char *b_text)
{
	static const char marks[] = "~-^.";
	struct part a = part_of(a_text), b = part_of(b_text);

	for (;;) {
		skip_others(&a, marks);
		skip_others(&b, marks);
		int order = compare_mark('~', &a, &b);
		if (order || !first(&a) || !first(&b))
			return order ? order : !!first(&a) - !!first(&b);
		for (const char *mark = marks + 1; *mark && !order; mark++)
			order = compare_mark(*mark, &a, &b);
		if (!order)
			order = compare_segments(&a, &b);
		if (order)
			return order;
	}
}

static int compare_rpm(struct part a, struct part b, char caret)
{
	const char marks[] = { '~', caret, '\0' };

	for (;;) {
		skip_others(&a, marks);
		skip_others(&b, marks);
		bool tilde = first(&a) == '~' || first(&b) == '~';
		bool has_caret = first(&a) == caret || first(&b) == caret;
		if (!tilde && (!first(&a) || !first(&b)))
			return !!first(&a) - !!first(&b);
		int order = tilde	? compare_mark('~', &a, &b)
			    : has_caret ? compare_mark(caret, &a, &b)
					: compare_segments(&a, &b);
		if (order)
			return order;
	}
}

int bd_version_compare_rpm(const char *a, const char *b, char caret)
{
	return compare_rpm(part_of(a), part_of(b), caret);
}

/* Cuts off what is behind the last dash. Where there is none, all of it is that, and nothing is left. */
static struct part cut_last(struct part *text)
{
	struct part last = { text->end, text->end };

	while (last.at > text->at && last.at[-1] != '-')
		last.at--;
	text->end = last.at > text->at ? last.at - 1 : text->at;
	return last;
}

/* Parts are filled from the name on: without a dash there is but a name, with one a name and a version. */
static void split_name(const char *text, struct part parts_out[3])
{
	struct part rest = part_of(text), none = { rest.end, rest.end };
	struct part release = cut_last(&rest), version = cut_last(&rest);
	bool has_version = release.at > text, has_name = version.at > text;

	parts_out[0] = has_name ? rest : has_version ? version : release;
	parts_out[1] = has_name ? version : has_version ? release : none;
	parts_out[2] = has_name ? release : none;
}

int bd_version_compare_blscfg(const char *a, const char *b)
{
	struct part a_parts[3], b_parts[3];
	int order = 0;

	split_name(a, a_parts);
	split_name(b, b_parts);
	for (size_t i = 0; i < 3 && !order; i++)
		order = compare_rpm(a_parts[i], b_parts[i], '+');
	return order;
}
