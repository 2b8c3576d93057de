/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wraps text between words. */
#include "cli/wrap.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/printable.h"
#include "base/terminal.h"

#define PARAGRAPH_INDENT 2

static bool begins_character(char byte)
{
	return ((unsigned char)byte & 0xc0) != 0x80;
}

static size_t columns_of(const char *word, size_t length)
{
	size_t columns = 0;

	for (size_t i = 0; i < length; i++)
		columns += begins_character(word[i]);
	return columns;
}

static size_t new_line(FILE *out, size_t indent)
{
	fprintf(out, "\n%*s", (int)indent, "");
	return indent;
}

/* Returns the column behind it. */
static size_t put_word(FILE *out, const char *word, size_t length, size_t column, size_t indent, size_t limit)
{
	for (size_t i = 0; i < length; i++) {
		if (begins_character(word[i]) && column++ >= limit)
			column = new_line(out, indent) + 1;
		fputc(word[i], out);
	}
	return column;
}

void bd_put_wrapped(FILE *out, const char *text, size_t at, size_t indent, size_t columns)
{
	size_t limit = columns > indent ? columns : SIZE_MAX, blanks = strspn(text, " "), column = at + blanks;
	bool begins = true; /* what comes is the first word of its line */

	fprintf(out, "%*s", (int)blanks, "");
	text += blanks;
	while (*text) {
		if (*text == '\n') {
			column = new_line(out, text[1] && text[1] != '\n' ? indent : 0);
			begins = true;
			text++;
			continue;
		}
		size_t length = strcspn(text, " \n"), width = columns_of(text, length);
		if (!begins && column + 1 + width > limit && width <= limit - indent) {
			column = new_line(out, indent);
		} else if (!begins && column < limit) {
			fputc(' ', out);
			column++;
		}
		column = put_word(out, text, length, column, indent, limit);
		begins = false;
		text += length + strspn(text + length, " ");
	}
	fputc('\n', out);
}

void bd_print_wrapped(FILE *out, const char *format, ...)
{
	BD_FREE char *text = NULL;
	va_list args;

	va_start(args, format);
	int length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0)
		text = NULL;
	BD_FREE char *clean = text ? bd_printable(text) : NULL;
	bd_put_wrapped(out, clean ? clean : "(out of memory)", 0, PARAGRAPH_INDENT, bd_terminal_columns(out));
}
