/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds and replaces fields. */
#include "rootfs/colon_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

const char *bd_colon_next(const char *line)
{
	line += strcspn(line, "\n");
	return *line && line[1] ? line + 1 : NULL;
}

const char *bd_colon_find(const char *text, const char *name)
{
	size_t length = strlen(name);

	for (const char *line = *text ? text : NULL; line; line = bd_colon_next(line))
		if (bd_colon_is(line, 0, name) && line[length] == ':')
			return line;
	return NULL;
}

const char *bd_colon_field(const char *line, unsigned field, size_t *length_out)
{
	for (; field; field--) {
		line += strcspn(line, ":\n");
		if (*line != ':')
			break;
		line++;
	}
	*length_out = field ? 0 : strcspn(line, ":\n");
	return line;
}

bool bd_colon_is(const char *line, unsigned field, const char *value)
{
	size_t length;
	const char *text = bd_colon_field(line, field, &length);

	return length == strlen(value) && memcmp(text, value, length) == 0;
}

bool bd_colon_number(const char *line, unsigned field, uint32_t *number_out)
{
	size_t length;
	const char *text = bd_colon_field(line, field, &length);
	char *end;

	if (!length || !isdigit((unsigned char)*text))
		return false;
	errno = 0;
	unsigned long number = strtoul(text, &end, 10);
	if (errno || end != text + length || number > UINT32_MAX)
		return false;
	*number_out = (uint32_t)number;
	return true;
}

int bd_colon_set(const char *text, const char *line, unsigned field, const char *value, char **text_out,
		 struct bd_error *err)
{
	size_t length;
	const char *old = bd_colon_field(line, field, &length);

	return bd_text_format(text_out, err, "%.*s%s%s", (int)(old - text), text, value, old + length);
}
