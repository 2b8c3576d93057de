/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small terminal: it keeps a screen of what is sent to it, knows the sequences of a vt100 that the boot menu uses,
 * and fails the test at any other. To be included after <cmocka.h>. */
#ifndef BD_TESTS_TERMINAL_CHECKS_H
#define BD_TESTS_TERMINAL_CHECKS_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"
#include "bootloader/menu/glyph.h"

#define TERMINAL_UNUSED __attribute__((unused))
#define TERMINAL_ROWS_MAX 64
#define TERMINAL_COLUMNS_MAX 200

struct terminal {
	size_t rows, columns; /* that it has in truth */
	bool tells_size; /* it answers where its cursor is, which may be asked for that */
	bool is_asked;
	char cells[TERMINAL_ROWS_MAX][TERMINAL_COLUMNS_MAX][5]; /* "": nothing; "\1": the right half of a character */
	bool reverse[TERMINAL_ROWS_MAX]; /* of the row, as far as its last character says */
	size_t row, column, saved_row, saved_column;
	bool is_reverse, wraps, marks_pastes, shows_cursor;
	char held[16]; /* of a sequence or a character */
	size_t held_count, taken_count;
	char answer[32];
	locale_t locale;
};

static void terminal_erase(struct terminal *terminal, size_t first_row, size_t end_row)
{
	for (size_t row = first_row; row < end_row; row++) {
		memset(terminal->cells[row], 0, sizeof(terminal->cells[row]));
		terminal->reverse[row] = false;
	}
}

TERMINAL_UNUSED static void terminal_begin(struct terminal *terminal, size_t rows, size_t columns)
{
	*terminal = (struct terminal){ .rows = rows, .columns = columns, .wraps = true, .shows_cursor = true };
	terminal->locale = bd_glyph_locale();
}

TERMINAL_UNUSED static void terminal_end(struct terminal *terminal)
{
	freelocale(terminal->locale);
}

static void terminal_put(struct terminal *terminal, const char *character)
{
	size_t columns = bd_glyph_at(terminal->locale, character).columns;

	/* Nothing that is sent may be wider than the terminal. */
	if (terminal->column + columns > terminal->columns)
		fail_msg("a row is too long, at \"%s\"", character);
	strcpy(terminal->cells[terminal->row][terminal->column], character);
	if (columns == 2)
		strcpy(terminal->cells[terminal->row][terminal->column + 1], "\1");
	terminal->reverse[terminal->row] = terminal->is_reverse;
	terminal->column += columns;
}

static void terminal_mode(struct terminal *terminal, const char *number, bool on)
{
	if (strcmp(number, "?7") == 0)
		terminal->wraps = on;
	else if (strcmp(number, "?25") == 0)
		terminal->shows_cursor = on;
	else if (strcmp(number, "?2004") == 0)
		terminal->marks_pastes = on;
	else
		fail_msg("an unknown mode: %s", number);
}

static void terminal_move(struct terminal *terminal, const char *parameters)
{
	size_t row = 1, column = 1;

	if (*parameters && sscanf(parameters, "%zu;%zu", &row, &column) != 2)
		fail_msg("an unknown place: %s", parameters);
	terminal->row = row < terminal->rows ? row - 1 : terminal->rows - 1;
	terminal->column = column < terminal->columns ? column - 1 : terminal->columns - 1;
}

/* Of a terminal whose cursor was sent to its last row and column. */
static void terminal_tell_size(struct terminal *terminal)
{
	sprintf(terminal->answer, "\033[%zu;%zuR", terminal->rows, terminal->columns);
	terminal->is_asked = false;
}

static void terminal_ask(struct terminal *terminal)
{
	assert_true(terminal->row == terminal->rows - 1 && terminal->column == terminal->columns - 1);
	terminal->is_asked = true;
	if (terminal->tells_size)
		terminal_tell_size(terminal);
}

/* parameters: what is between ESC [ and the last byte. */
static void terminal_csi(struct terminal *terminal, char *parameters, char final)
{
	if (final == 'H')
		terminal_move(terminal, parameters);
	else if (final == 'J' && !*parameters)
		terminal_erase(terminal, terminal->row, TERMINAL_ROWS_MAX);
	else if (final == 'K' && strcmp(parameters, "2") == 0)
		terminal_erase(terminal, terminal->row, terminal->row + 1);
	else if (final == 'm' && (!*parameters || strstr("1 2 7", parameters)))
		terminal->is_reverse = *parameters == '7';
	else if (final == 'n' && strcmp(parameters, "6") == 0)
		terminal_ask(terminal);
	else if (final == 'h' || final == 'l')
		terminal_mode(terminal, parameters, final == 'h');
	else
		fail_msg("an unknown sequence: %s%c", parameters, final);
}

static bool terminal_sequence(struct terminal *terminal)
{
	char *held = terminal->held, last = held[terminal->held_count - 1];

	if (terminal->held_count == 1 || (terminal->held_count == 2 && held[1] == '['))
		return false;
	if (held[1] == '7') {
		terminal->saved_row = terminal->row;
		terminal->saved_column = terminal->column;
	} else if (held[1] == '8') {
		terminal->row = terminal->saved_row;
		terminal->column = terminal->saved_column;
	} else if (held[1] != '[') {
		fail_msg("an unknown sequence: ESC %c", held[1]);
	} else if (last < '@') {
		return false;
	} else {
		held[terminal->held_count - 1] = '\0';
		terminal_csi(terminal, held + 2, last);
	}
	return true;
}

TERMINAL_UNUSED static void terminal_take(struct terminal *terminal, const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++, terminal->taken_count++) {
		if (terminal->held_count + 2 > sizeof(terminal->held))
			fail_msg("a sequence is too long: %s", terminal->held + 1);
		terminal->held[terminal->held_count++] = bytes[i];
		terminal->held[terminal->held_count] = '\0';
		if (*terminal->held == '\033') {
			if (terminal_sequence(terminal))
				terminal->held_count = 0;
		} else if (bd_utf8_length(terminal->held) == terminal->held_count) {
			if (bd_glyph_at(terminal->locale, terminal->held).bytes !=
			    strlen(bd_glyph_at(terminal->locale, terminal->held).drawn))
				fail_msg("what cannot be printed: %02x", (unsigned char)*terminal->held);
			terminal_put(terminal, terminal->held);
			terminal->held_count = 0;
		}
	}
}

/* Its rows, each with a newline, and without the spaces at their ends. */
TERMINAL_UNUSED static const char *terminal_text(const struct terminal *terminal)
{
	static char text[TERMINAL_ROWS_MAX * (TERMINAL_COLUMNS_MAX * 4 + 1) + 1];
	char *at = text;

	for (size_t row = 0; row < terminal->rows; row++) {
		char *end = at;
		for (size_t column = 0; column < terminal->columns; column++) {
			const char *cell = terminal->cells[row][column];
			if (*cell != '\1')
				at += sprintf(at, "%s", *cell ? cell : " ");
			if (*cell && *cell != ' ' && *cell != '\1')
				end = at;
		}
		*end = '\n';
		at = end + 1;
	}
	*at = '\0';
	return text;
}

#endif
