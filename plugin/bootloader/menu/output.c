/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sequences of the vt100 that are used, and two of later terminals, which others ignore: ?25 and ?2004. */
#include "bootloader/menu/output.h"

#include <string.h>

static bool is_same_row(const struct bd_screen_row *row, const struct bd_screen_row *other)
{
	return row->style == other->style && strcmp(row->text, other->text) == 0;
}

/* The row is erased first: behind a character in the last column, the cursor is still on that. */
static void put_row(FILE *out, size_t number, const struct bd_screen_row *row)
{
	static const char *const styles[] = {
		[BD_ROW_PLAIN] = "", [BD_ROW_BOLD] = "\033[1m", [BD_ROW_DIM] = "\033[2m", [BD_ROW_REVERSE] = "\033[7m"
	};

	fprintf(out, "\033[%zu;1H\033[2K%s%s%s", number + 1, styles[row->style], row->text,
		row->style == BD_ROW_PLAIN ? "" : "\033[m");
}

static bool is_same_cursor(const struct bd_screen *screen, const struct bd_screen *shown)
{
	return screen->shows_cursor == shown->shows_cursor && screen->cursor_row == shown->cursor_row &&
	       screen->cursor_column == shown->cursor_column;
}

void bd_output_screen(FILE *out, const struct bd_screen *screen, const struct bd_screen *shown)
{
	static const struct bd_screen_row empty = { .text = "" };
	bool is_new = !shown || shown->row_count != screen->row_count || shown->columns != screen->columns,
	     moved = is_new;

	if (is_new)
		fputs("\033[?25l\033[H\033[J", out);
	for (size_t i = 0; i < screen->row_count; i++) {
		if (is_same_row(&screen->rows[i], is_new ? &empty : &shown->rows[i]))
			continue;
		if (!moved && shown->shows_cursor)
			fputs("\033[?25l", out);
		moved = true;
		put_row(out, i, &screen->rows[i]);
	}
	if (!moved && is_same_cursor(screen, shown))
		return;
	fprintf(out, "\033[%zu;%zuH%s", screen->cursor_row + 1, screen->cursor_column + 1,
		screen->shows_cursor ? "\033[?25h" : "");
}
