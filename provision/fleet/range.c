/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parses braces, and counts. */
#include "fleet/range.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "fleet/fleet.h"

/* A 64 bit number has room for them. */
#define DIGITS_MAX 18

struct range {
	size_t before; /* characters */
	uint64_t first, last;
	int width; /* with leading zeros; 0: as they come */
	const char *after;
};

/* Returns how many digits there are; 0: none, or too many. */
static size_t read_number(const char *text, uint64_t *number_out)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t number = 0;

	if (digits > DIGITS_MAX)
		return 0;
	for (size_t i = 0; i < digits; i++)
		number = number * 10 + (uint64_t)(text[i] - '0');
	*number_out = number;
	return digits;
}

/* bash's rule: one leading zero, and all have the width of the wider. */
static int width_of(const char *first, size_t first_digits, const char *last, size_t last_digits)
{
	if ((first_digits > 1 && *first == '0') || (last_digits > 1 && *last == '0'))
		return (int)(first_digits > last_digits ? first_digits : last_digits);
	return 0;
}

/* open: at the "{". */
static int read_braces(const char *text, const char *open, struct range *range, struct bd_error *err)
{
	const char *first = open + 1;
	size_t first_digits = read_number(first, &range->first);
	const char *last = first + first_digits + 2;

	if (!first_digits || strncmp(first + first_digits, "..", 2) != 0)
		return bd_fail(err, EINVAL, "\"%s\": the braces do not hold a range such as {1..20} or {01..20}",
			       text);
	size_t last_digits = read_number(last, &range->last);
	if (!last_digits || last[last_digits] != '}')
		return bd_fail(err, EINVAL, "\"%s\": the braces do not hold a range such as {1..20} or {01..20}",
			       text);
	range->before = (size_t)(open - text);
	range->width = width_of(first, first_digits, last, last_digits);
	range->after = last + last_digits + 1;
	if (strpbrk(range->after, "{}"))
		return bd_fail(err, EINVAL, "\"%s\" has more than one pair of braces", text);
	if (range->last < range->first)
		return bd_fail(err, EINVAL, "\"%s\": the range's end is below its beginning", text);
	if (range->last - range->first >= BD_FLEET_GUESTS_MAX)
		return bd_fail(err, EINVAL, "\"%s\" expands to more than %d", text, BD_FLEET_GUESTS_MAX);
	return 0;
}

/* 1: there is one, 0: there are no braces. */
static int read_range(const char *text, struct range *range_out, struct bd_error *err)
{
	const char *open = strpbrk(text, "{}");

	if (!open)
		return 0;
	if (*open == '}')
		return bd_fail(err, EINVAL, "\"%s\" has a } without a {", text);
	return read_braces(text, open, range_out, err) == 0 ? 1 : -1;
}

int bd_range_count(const char *text, size_t *count_out, struct bd_error *err)
{
	struct range range;
	int r = read_range(text, &range, err);

	if (r < 0)
		return -1;
	*count_out = r ? (size_t)(range.last - range.first) + 1 : 1;
	return 0;
}

int bd_range_item(const char *text, size_t index, char **item_out, struct bd_error *err)
{
	struct range range;
	int r = read_range(text, &range, err);

	if (r < 0)
		return -1;
	if (index > (r ? range.last - range.first : 0))
		return bd_fail(err, EINVAL, "\"%s\" has no element number %zu", text, index + 1);
	if (!r)
		return bd_text_format(item_out, err, "%s", text);
	return bd_text_format(item_out, err, "%.*s%0*" PRIu64 "%s", (int)range.before, text, range.width,
			      range.first + index, range.after);
}
