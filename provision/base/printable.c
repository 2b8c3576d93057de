/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replaces what is not safe to print. */
#include "base/printable.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t bd_utf8_length(const char *text)
{
	static const struct {
		unsigned char first_low, first_high, second_low, second_high;
		size_t length;
	} forms[] = {
		{ 0x01, 0x7f, 0, 0, 1 },       { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	const unsigned char *at = (const unsigned char *)text;

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		if (at[0] < forms[i].first_low || at[0] > forms[i].first_high)
			continue;
		if (forms[i].length > 1 && (at[1] < forms[i].second_low || at[1] > forms[i].second_high))
			return 0;
		for (size_t k = 2; k < forms[i].length; k++)
			if (at[k] < 0x80 || at[k] > 0xbf)
				return 0;
		return forms[i].length;
	}
	return 0;
}

/* U+0080 to U+009F, which are CSI and others to some terminals, are C2 80 to C2 9F. */
static bool is_control(const char *text, size_t length)
{
	const unsigned char *at = (const unsigned char *)text;

	return (length == 1 && (at[0] < 0x20 || at[0] == 0x7f)) || (length == 2 && at[0] == 0xc2 && at[1] < 0xa0);
}

/* kept: control characters that stay. */
static char *clean_text(const char *text, const char *kept)
{
	char *clean = malloc(4 * strlen(text) + 1), *to = clean;

	if (!clean)
		return NULL;
	while (*text) {
		size_t length = bd_utf8_length(text);
		bool plain = length && (!is_control(text, length) || strchr(kept, *text));
		if (!length)
			length = 1;
		for (size_t i = 0; i < length; i++, text++) {
			if (plain)
				*to++ = *text;
			else
				to += sprintf(to, "\\x%02x", (unsigned char)*text);
		}
	}
	*to = '\0';
	return clean;
}

char *bd_printable(const char *text)
{
	return clean_text(text, "");
}

char *bd_printable_format(const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		return NULL;
	char *clean = bd_printable(text);
	free(text);
	return clean;
}

void bd_print(FILE *out, const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	int length = vasprintf(&text, format, args);
	va_end(args);
	char *clean = length < 0 ? NULL : clean_text(text, "\n\t");
	fputs(clean ? clean : "(out of memory)\n", out);
	free(clean);
	if (length >= 0)
		free(text);
}

size_t bd_printable_columns(const char *text)
{
	size_t columns = 0;

	for (; *text; text++)
		columns += ((unsigned char)*text & 0xc0) != 0x80;
	return columns;
}

void bd_copy_text(char *out, size_t out_size, const char *text)
{
	size_t length = strlen(text);

	if (length >= out_size) {
		length = out_size - 1;
		/* Not in the middle of a UTF-8 sequence (RFC 3629: what follows its first byte is 10xxxxxx). */
		while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
			length--;
	}
	for (size_t i = 0; i < length; i++) {
		/* U+0080 to U+009F are C2 80 to C2 9F. */
		bool pair = text[i] == '\xc2' && i + 1 < length && ((unsigned char)text[i + 1] & 0xe0) == 0x80;
		out[i] = (unsigned char)text[i] < ' ' || text[i] == 0x7f || pair ? '?' : text[i];
		if (pair)
			out[++i] = '?';
	}
	out[length] = '\0';
}

void bd_entry_name(const char *name, char text_out[BD_ENTRY_NAME_SIZE])
{
	size_t used = 0;

	while (*name && used + 8 < BD_ENTRY_NAME_SIZE) {
		size_t size = bd_utf8_length(name);

		if (is_control(name, size))
			size = 0;
		if (size)
			memcpy(text_out + used, name, size);
		else
			snprintf(text_out + used, 5, "\\x%02x", (unsigned char)*name);
		used += size ? size : 4;
		name += size ? size : 1;
	}
	snprintf(text_out + used, BD_ENTRY_NAME_SIZE - used, "%s", *name ? "..." : "");
}

int bd_wrap_entry(struct bd_error *err, const char *prefix, const char *name)
{
	char shown[BD_ENTRY_NAME_SIZE];

	bd_entry_name(name, shown);
	return err->kind == BD_KIND_CANCELED ? -1 : bd_wrap(err, "%s%s", prefix, shown);
}
