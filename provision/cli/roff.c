/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Escapes: groff_char(7) and groff_man_style(7), section "Portability". */
#include "cli/roff.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/help.h"

#define LINE_COLUMNS 70

/* A character that roff would take for something else, or show as another one; NULL: it is itself. */
static const char *escape_of(char character)
{
	static const struct {
		char character;
		const char *escape;
	} escapes[] = {
		{ '-', "\\-" },	  { '\\', "\\e" },  { '"', "\\(dq" },  { '`', "\\(ga" },
		{ '^', "\\(ha" }, { '~', "\\(ti" }, { '\'', "\\(aq" },
	};

	for (size_t i = 0; i < sizeof(escapes) / sizeof(*escapes); i++)
		if (escapes[i].character == character)
			return escapes[i].escape;
	return NULL;
}

/* Gives its width in the source. */
static size_t put_character(FILE *out, char character)
{
	const char *escape = escape_of(character);

	if (!escape) {
		fputc(character, out);
		return 1;
	}
	fputs(escape, out);
	return strlen(escape);
}

void bd_roff_literal(FILE *out, const char *text)
{
	for (; *text; text++)
		put_character(out, *text);
}

void bd_roff_text(FILE *out, const char *text)
{
	size_t column = 0;

	for (; *text; text++) {
		bool ends_line = *text == '\n' || (*text == ' ' && column + strcspn(text + 1, " \n") > LINE_COLUMNS);
		if (*text == '\n' && text[1] == '\n') {
			fputs("\n.PP\n", out);
			text++;
			column = 0;
			continue;
		}
		if (ends_line) {
			/* A line of its own; two blanks would begin it, and break the one before. */
			fputs(*text == '\n' ? "\n.br\n" : "\n", out);
			column = 0;
			while (text[1] == ' ')
				text++;
			continue;
		}
		if (column == 0 && *text == '.')
			fputs("\\&", out);
		column += put_character(out, *text);
	}
	fputc('\n', out);
}

static time_t date_of_pages(void)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");

	return epoch ? (time_t)strtoll(epoch, NULL, 10) : time(NULL);
}

void bd_roff_begin(FILE *out, const char *name, int section, const char *volume, const char *summary)
{
	time_t seconds = date_of_pages();
	struct tm day = { 0 };
	char date[16] = "";

	gmtime_r(&seconds, &day);
	strftime(date, sizeof(date), "%Y-%m-%d", &day);
	fputs(".TH ", out);
	for (const char *at = name; *at; at++)
		put_character(out, (char)toupper((unsigned char)*at));
	fprintf(out, " %d %s \"xen\\-bigdisk " BD_VERSION "\" \"%s\"\n.SH NAME\n", section, date, volume);
	bd_roff_literal(out, name);
	fputs(" \\- ", out);
	bd_roff_literal(out, summary);
	fputc('\n', out);
}

void bd_roff_exit_statuses(FILE *out, const struct bd_command *command)
{
	fputs(".SH \"EXIT STATUS\"\n", out);
	for (const struct bd_exit_status *row = bd_exit_statuses(command); row->status; row++) {
		if (!bd_exit_status_applies(row, command))
			continue;
		fprintf(out, ".TP\n.B %s\n", row->status);
		bd_roff_text(out, row->meaning);
	}
}
