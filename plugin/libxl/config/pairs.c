/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Splits "key=value", and reads numbers. */
#include "libxl/config/pairs.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static char *trim(char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	for (size_t length = strlen(text); length && isspace((unsigned char)text[length - 1]);)
		text[--length] = '\0';
	return text;
}

int bd_pair_split(char *text, bool trims, struct bd_pair *pair_out, struct bd_error *err)
{
	char *equals = strchr(text, '=');
	if (!equals)
		return bd_fail(err, EINVAL, "\"%s\" is not key=value", text);
	*equals = '\0';
	*pair_out = (struct bd_pair){ text, equals + 1 };
	if (!trims)
		return 0;
	if (!*pair_out->value)
		return bd_fail(err, EINVAL, "\"%s=\" has no value", text);
	pair_out->name = trim(pair_out->name);
	pair_out->value = trim(pair_out->value);
	return 0;
}

int bd_parse_ulong(const char *text, unsigned long *number_out, struct bd_error *err)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);
	if (end == text || number == ULONG_MAX)
		return bd_fail(err, EINVAL, "\"%s\" is not a number", text);
	*number_out = number;
	return 0;
}

int bd_parse_range(const char *text, unsigned long *first_out, unsigned long *last_out, struct bd_error *err)
{
	char *end;
	*first_out = *last_out = strtoul(text, &end, 10);
	bool good = end != text && *first_out != ULONG_MAX;
	if (good && *end == '-') {
		const char *last = end + 1;
		*last_out = strtoul(last, &end, 10);
		good = end != last && *last_out != ULONG_MAX && *last_out >= *first_out;
	}
	return good && !*end ? 0 : bd_fail(err, EINVAL, "\"%s\" is not a number or a range like 0-3", text);
}
