/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Computes the widths of a table's columns, and which of them fit. */
#include "cli/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/printable.h"
#include "base/terminal.h"
#include "cli/wrap.h"

/* A table that is not on a terminal has narrow gaps if it is wider than that. */
#define COLUMNS_WANTED 80
/* What a text behind a row's cells needs of the terminal, or it begins in the next line. */
#define TEXT_COLUMNS_MIN 24
#define TEXT_INDENT 4

void bd_table_init(struct bd_table *table, const struct bd_column *columns, size_t column_count)
{
	*table = (struct bd_table){ .columns = columns, .column_count = column_count };
}

void bd_table_dispose(struct bd_table *table)
{
	for (size_t i = 0; i < table->row_count * table->column_count; i++)
		free(table->cells[i]);
	free(table->cells);
	table->cells = NULL;
	table->row_count = table->room = 0;
}

/* A row of nothing but NULL. */
static char **add_row(struct bd_table *table, struct bd_error *err)
{
	if (bd_array_reserve(table->cells, table->room, (table->row_count + 1) * table->column_count, err) != 0)
		return NULL;
	char **row = &table->cells[table->row_count++ * table->column_count];
	memset(row, 0, table->column_count * sizeof(*row));
	return row;
}

static int put_cell(char **cell, const char *text, struct bd_error *err)
{
	*cell = bd_printable(text && *text ? text : "-");
	return *cell ? 0 : bd_no_memory(err);
}

int bd_table_add(struct bd_table *table, const char *const *cells, struct bd_error *err)
{
	char **row = add_row(table, err);

	if (!row)
		return -1;
	for (size_t i = 0; i < table->column_count; i++)
		if (put_cell(&row[i], cells[i], err) != 0)
			return -1;
	return 0;
}

int bd_table_add_text(struct bd_table *table, const char *const *cells, size_t count, const char *text,
		      struct bd_error *err)
{
	char **row = add_row(table, err);

	if (!row)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (put_cell(&row[i], cells[i], err) != 0)
			return -1;
	row[count] = bd_printable(text);
	return row[count] ? 0 : bd_no_memory(err);
}

/* How many cells of a row are in their columns; behind them is its text, where they are not all. */
static size_t cells_of(const struct bd_table *table, char *const *row)
{
	size_t count = 0;

	while (count < table->column_count && row[count])
		count++;
	return count == table->column_count ? count : count - 1;
}

/* 0: the column is left out. */
static void measure(const struct bd_table *table, size_t *widths_out)
{
	for (size_t i = 0; i < table->column_count; i++) {
		bool any = false;
		widths_out[i] = strlen(table->columns[i].title);
		for (size_t k = 0; k < table->row_count; k++) {
			char *const *row = &table->cells[k * table->column_count];
			const char *cell = row[i];
			if (i >= cells_of(table, row))
				continue;
			size_t width = bd_printable_columns(cell);
			any |= strcmp(cell, "-") != 0;
			if (width > widths_out[i])
				widths_out[i] = width;
		}
		if (table->columns[i].if_any && !any)
			widths_out[i] = 0;
	}
}

static size_t line_width(const struct bd_table *table, const size_t *widths, size_t gap)
{
	size_t width = 0;

	for (size_t i = 0; i < table->column_count; i++)
		if (widths[i])
			width += widths[i] + (width ? gap : 0);
	return width;
}

/* Columns that must stay are not left out, but the first one, which has names, gets narrower then. */
static void fit(const struct bd_table *table, size_t *widths, size_t columns)
{
	while (line_width(table, widths, 1) > columns) {
		size_t last = 0;
		for (size_t i = 0; i < table->column_count; i++)
			if (widths[i] && table->columns[i].rank > (widths[last] ? table->columns[last].rank : 0))
				last = i;
		if (table->columns[last].rank == 0)
			break;
		widths[last] = 0;
	}
	size_t width = line_width(table, widths, 1), title = strlen(table->columns[0].title);
	if (width > columns)
		widths[0] = widths[0] > title + width - columns ? widths[0] - (width - columns) : title;
}

static enum bd_style style_of(const char *state)
{
	static const struct {
		const char *state;
		enum bd_style style;
	} styles[] = {
		{ "running", BD_STYLE_GOOD }, { "stopped", BD_STYLE_PLAIN }, { "-", BD_STYLE_PLAIN },
		{ "crashed", BD_STYLE_BAD },  { "unusable", BD_STYLE_BAD },  { "create", BD_STYLE_GOOD },
		{ "start", BD_STYLE_GOOD },   { "refuse", BD_STYLE_BAD },    { "keep", BD_STYLE_PLAIN },
		{ "beyond", BD_STYLE_PLAIN },
	};

	for (size_t i = 0; i < sizeof(styles) / sizeof(*styles); i++)
		if (strcmp(state, styles[i].state) == 0)
			return styles[i].style;
	return BD_STYLE_WARNING;
}

/* The text of a row begins behind its cells, at column `at`, or in the next line where there is too little room for it. */
static void print_text(const char *text, size_t at, size_t pending, size_t columns, FILE *out)
{
	if (columns && at + TEXT_COLUMNS_MIN > columns) {
		at = pending = TEXT_INDENT;
		fputc('\n', out);
	}
	fprintf(out, "%*s", (int)pending, "");
	bd_put_wrapped(out, text, at, at, columns);
}

/* row: NULL for the titles. columns: of the terminal; 0: there is none. */
static void print_row(const struct bd_table *table, char *const *row, const size_t *widths, size_t gap,
		      size_t columns, FILE *out)
{
	size_t pending = 0; /* blanks that are printed only when something follows */
	size_t count = row ? cells_of(table, row) : table->column_count, at = 0;

	for (size_t i = 0; i < count; i++) {
		if (!widths[i])
			continue;
		const struct bd_column *column = &table->columns[i];
		const char *cell = row ? row[i] : column->title;
		size_t width = bd_printable_columns(cell), rest = widths[i] - width;
		at += widths[i] + gap;
		if (width > widths[i]) { /* a name that has a line for itself */
			bd_put_wrapped(out, cell, 0, TEXT_INDENT, columns);
			pending = widths[i] + gap;
			continue;
		}
		enum bd_style style = !row ? BD_STYLE_BOLD : column->is_state ? style_of(cell) : BD_STYLE_PLAIN;
		fprintf(out, "%*s", (int)(pending + (column->to_the_right ? rest : 0)), "");
		if (style != BD_STYLE_PLAIN)
			fputs(bd_style(out, style), out);
		fputs(cell, out);
		if (style != BD_STYLE_PLAIN)
			fputs(bd_style(out, BD_STYLE_PLAIN), out);
		pending = gap + (column->to_the_right ? 0 : rest);
	}
	if (count < table->column_count && *row[count])
		print_text(row[count], at, pending, columns, out);
	else
		fputc('\n', out);
}

void bd_table_print(const struct bd_table *table, FILE *out)
{
	BD_FREE size_t *widths = calloc(table->column_count, sizeof(*widths));
	size_t columns = bd_terminal_columns(out);

	if (!widths)
		return;
	measure(table, widths);
	if (columns)
		fit(table, widths, columns);
	size_t gap = line_width(table, widths, 2) <= (columns ? columns : COLUMNS_WANTED) ? 2 : 1;
	print_row(table, NULL, widths, gap, columns, out);
	for (size_t i = 0; i < table->row_count; i++)
		print_row(table, &table->cells[i * table->column_count], widths, gap, columns, out);
}
