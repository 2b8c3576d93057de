/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Draws the list, or the line that is edited. */
#include "bootloader/menu/screen.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bootloader/menu/glyph.h"
#include "bootloader/menu/layout.h"

#define COLUMN_BYTES_MAX 4
#define PROMPT "> "
#define PROMPT_FROM 12 /* columns; where there are less, there is no prompt */
#define POSITION_FROM 24 /* likewise for "3/1024" in the heading */

/* --- texts in columns --------------------------------------------------------------------------------------------- */

/* Writes into a row from left to right. */
struct pen {
	locale_t locale;
	char *at;
	size_t used, columns;
};

static void put_spaces(struct pen *pen, size_t until)
{
	for (; pen->used < until; pen->used++)
		*pen->at++ = ' ';
	*pen->at = '\0';
}

static void put_glyph(struct pen *pen, const struct bd_glyph *glyph)
{
	size_t bytes = strlen(glyph->drawn);

	memcpy(pen->at, glyph->drawn, bytes + 1);
	pen->at += bytes;
	pen->used += glyph->columns;
}

static bool has_room(locale_t locale, const char *text, size_t columns)
{
	size_t used = 0;

	while (*text) {
		struct bd_glyph glyph = bd_glyph_at(locale, text);
		used += glyph.columns;
		if (used > columns)
			return false;
		text += glyph.bytes;
	}
	return true;
}

/* In no more than these columns; where that cuts something off, the last one is ">". */
static void put_text(struct pen *pen, const char *text, size_t columns)
{
	size_t begin = pen->used;

	if (columns > pen->columns - begin)
		columns = pen->columns - begin;
	bool is_cut = !has_room(pen->locale, text, columns);
	size_t end = begin + columns - (is_cut && columns);
	while (*text) {
		struct bd_glyph glyph = bd_glyph_at(pen->locale, text);
		if (pen->used + glyph.columns > end)
			break;
		put_glyph(pen, &glyph);
		text += glyph.bytes;
	}
	if (!is_cut || !columns)
		return;
	put_spaces(pen, end);
	put_glyph(pen, &(struct bd_glyph){ .columns = 1, .drawn = ">" });
}

/* --- rows --------------------------------------------------------------------------------------------------------- */

struct drawing {
	struct bd_screen *screen;
	const struct bd_menu *menu;
	locale_t locale;
};

static struct pen pen_of(const struct drawing *drawing, size_t row, enum bd_style_of_row style)
{
	drawing->screen->rows[row].style = style;
	return (struct pen){ .locale = drawing->locale,
			     .at = drawing->screen->rows[row].text,
			     .columns = drawing->screen->columns };
}

/* What a row can show of a text is in its first bytes. */
static void put_row(const struct drawing *drawing, size_t row, enum bd_style_of_row style, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
static void put_row(const struct drawing *drawing, size_t row, enum bd_style_of_row style, const char *format, ...)
{
	char text[BD_MENU_COLUMNS_MAX * COLUMN_BYTES_MAX + BD_BOOTMENU_TEXT_MAX];
	va_list args;

	if (row == BD_LAYOUT_NONE)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	struct pen pen = pen_of(drawing, row, style);
	put_text(&pen, text, pen.columns);
	if (style == BD_ROW_REVERSE)
		put_spaces(&pen, pen.columns);
}

/* The first of them that has room; else the last one, cut off. */
static void put_first_fitting(const struct drawing *drawing, size_t row, const char *const *texts)
{
	while (texts[1] && !has_room(drawing->locale, *texts, drawing->screen->columns))
		texts++;
	put_row(drawing, row, BD_ROW_PLAIN, "%s", *texts);
}

/* Which entry it is of how many, at the right; the rest is for the text. */
static void put_heading(const struct drawing *drawing, size_t row)
{
	const struct bd_menu *menu = drawing->menu;
	char position[64];

	if (row == BD_LAYOUT_NONE)
		return;
	struct pen pen = pen_of(drawing, row, BD_ROW_BOLD);
	int length = snprintf(position, sizeof(position), "%zu/%zu", menu->selected + 1, menu->entries->count);
	size_t rest = pen.columns < POSITION_FROM ? pen.columns : pen.columns - (size_t)length - 2;
	put_text(&pen, menu->heading, rest);
	if (rest == pen.columns)
		return;
	put_spaces(&pen, rest + 2);
	put_text(&pen, position, (size_t)length);
}

/* --- the list ----------------------------------------------------------------------------------------------------- */

static const struct bd_bootmenu_entry *entry_at(const struct drawing *drawing, size_t index)
{
	return &drawing->menu->entries->entries[index];
}

/* The titles of submenus that are in each other, "A>B", are shown as "A > B". */
static void put_submenu(const struct drawing *drawing, size_t row, const char *submenu)
{
	char text[BD_MENU_COLUMNS_MAX * COLUMN_BYTES_MAX];
	size_t used = 0;

	for (; *submenu && used + 3 < sizeof(text); submenu++) {
		if (*submenu == '>')
			used += (size_t)sprintf(text + used, " > ");
		else
			text[used++] = *submenu;
	}
	text[used] = '\0';
	put_row(drawing, row, BD_ROW_BOLD, "  %s:", text);
}

static void put_entry(const struct drawing *drawing, size_t row, size_t index)
{
	const struct bd_bootmenu_entry *entry = entry_at(drawing, index);
	bool is_selected = index == drawing->menu->selected;
	const char *obstacle = entry->opens ? "another menu" : entry->obstacle;
	enum bd_style_of_row style = entry->obstacle && !entry->opens ? BD_ROW_DIM : BD_ROW_PLAIN;
	const char *edited = drawing->menu->edited[index] ? " (edited)" : "";

	/* The mark is for terminals that have no reverse. */
	put_row(drawing, row, is_selected ? BD_ROW_REVERSE : style, "%c %s%s%s%s%s%s", is_selected ? '*' : ' ',
		entry->submenu && *entry->submenu ? "  " : "", entry->title ? entry->title : "", edited,
		obstacle ? " (" : "", obstacle ? obstacle : "", obstacle ? ")" : "");
}

static void put_list(const struct drawing *drawing, const struct bd_layout *layout)
{
	const struct bd_menu *menu = drawing->menu;
	size_t line = 0, first = menu->first_line, end = first + layout->body_rows;

	for (size_t i = 0; i < menu->entries->count && line < end; i++) {
		if (bd_menu_has_title(menu, i)) {
			if (line >= first)
				put_submenu(drawing, layout->body + line - first, entry_at(drawing, i)->submenu);
			line++;
		}
		if (line >= first && line < end)
			put_entry(drawing, layout->body + line - first, i);
		line++;
	}
}

static void put_details(const struct drawing *drawing, size_t row)
{
	const struct bd_bootmenu_entry *entry = entry_at(drawing, drawing->menu->selected);

	if (entry->opens)
		put_row(drawing, row, BD_ROW_PLAIN, "Enter shows its menu.");
	else if (entry->obstacle)
		put_row(drawing, row, BD_ROW_PLAIN, "Cannot be booted: %s", entry->obstacle);
	else
		put_row(drawing, row, BD_ROW_PLAIN, "Arguments: %s",
			bd_menu_arguments(drawing->menu, drawing->menu->selected));
}

static void put_list_status(const struct drawing *drawing, size_t row)
{
	int seconds = drawing->menu->seconds_left;

	if (seconds >= 0)
		put_row(drawing, row, BD_ROW_PLAIN, "Boots in %d %s; any key stops this.", seconds,
			seconds == 1 ? "second" : "seconds");
	else if (drawing->menu->notice)
		put_row(drawing, row, BD_ROW_BOLD, "%s", drawing->menu->notice);
}

static void draw_list(const struct drawing *drawing)
{
	static const char *const help[] = {
		"Up/Down: select   Enter: boot   e: edit arguments   a: edit and boot   q: leave",
		"Up/Down: select  Enter: boot  e: edit  q: leave",
		"Enter: boot  e: edit  q: leave",
		NULL,
	};
	struct bd_layout layout = bd_layout_make(drawing->menu->rows, bd_menu_line_count(drawing->menu));

	put_heading(drawing, layout.heading);
	put_list(drawing, &layout);
	put_details(drawing, layout.details);
	if (layout.help != BD_LAYOUT_NONE)
		put_first_fitting(drawing, layout.help, help);
	put_list_status(drawing, layout.status);
}

/* --- the line that is edited -------------------------------------------------------------------------------------- */

/* The columns of the text, up to a place in it. */
static size_t columns_until(locale_t locale, const char *text, size_t bytes)
{
	size_t columns = 0;

	for (size_t at = 0; at < bytes && text[at];) {
		struct bd_glyph glyph = bd_glyph_at(locale, text + at);
		columns += glyph.columns;
		at += glyph.bytes;
	}
	return columns;
}

/* The part of a line that is seen, in columns of the line. */
struct window {
	size_t begin, width;
	bool has_left, has_right; /* "<" and ">" in its first and last column: there is more */
};

/* It moves by half of itself, so that it does not move with each key. from and to: of the character at the cursor. */
static struct window window_of(size_t from, size_t to, size_t total, size_t width)
{
	struct window window = { .width = width };
	size_t step = width > 1 ? width / 2 : 1;

	if (to + 1 > width && (to > width || total > width))
		window.begin = (to - width) / step * step + step;
	/* A window smaller than the character. */
	if (window.begin > from)
		window.begin = from;
	window.has_left = window.begin > 0 && window.begin < from;
	window.has_right = total > window.begin + width && to < window.begin + width;
	return window;
}

static void put_window(struct pen *pen, const char *text, const struct window *window)
{
	size_t origin = pen->used, begin = window->begin + window->has_left, column = 0;
	size_t end = window->begin + window->width - window->has_right;

	if (window->has_left)
		put_glyph(pen, &(struct bd_glyph){ .columns = 1, .drawn = "<" });
	while (*text && column < end) {
		struct bd_glyph glyph = bd_glyph_at(pen->locale, text);
		if (column >= begin && column + glyph.columns <= end)
			put_glyph(pen, &glyph);
		else if (column + glyph.columns > begin) /* a part of it is seen */
			put_spaces(pen, origin + (column + glyph.columns < end ? column + glyph.columns : end) -
						window->begin);
		column += glyph.columns;
		text += glyph.bytes;
	}
	if (!window->has_right)
		return;
	put_spaces(pen, origin + window->width - 1);
	put_glyph(pen, &(struct bd_glyph){ .columns = 1, .drawn = ">" });
}

static void put_line(const struct drawing *drawing, size_t row)
{
	const struct bd_line *line = &drawing->menu->line;
	struct bd_screen *screen = drawing->screen;
	struct pen pen = pen_of(drawing, row, BD_ROW_PLAIN);
	size_t at = columns_until(drawing->locale, line->text, line->cursor);
	size_t character = bd_glyph_at(drawing->locale, line->text + line->cursor).columns;

	if (pen.columns >= PROMPT_FROM)
		put_text(&pen, PROMPT, pen.columns);
	screen->cursor_column = pen.used;
	struct window window =
		window_of(at, at + (character ? character : 1),
			  columns_until(drawing->locale, line->text, line->bytes), pen.columns - pen.used);
	put_window(&pen, line->text, &window);
	screen->cursor_column += at - window.begin;
	screen->cursor_row = row;
	screen->shows_cursor = true;
}

static void draw_editing(const struct drawing *drawing)
{
	static const char *const help[] = { "Enter: keep   Ctrl-X: boot   Esc: cancel", "Enter: keep  Esc: cancel",
					    NULL };
	static const char *const help_booting[] = { "Enter: boot   Esc: cancel", NULL };
	const struct bd_menu *menu = drawing->menu;
	const struct bd_bootmenu_entry *entry = entry_at(drawing, menu->selected);
	struct bd_layout layout = bd_layout_make(menu->rows, 1);

	put_heading(drawing, layout.heading);
	put_line(drawing, layout.body);
	put_row(drawing, layout.details, BD_ROW_PLAIN, "The arguments of %s", entry->title ? entry->title : "");
	if (layout.help != BD_LAYOUT_NONE)
		put_first_fitting(drawing, layout.help, menu->boots_edited ? help_booting : help);
	if (menu->notice)
		put_row(drawing, layout.status, BD_ROW_BOLD, "%s", menu->notice);
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

static int clear(struct bd_screen *screen, size_t rows, size_t columns, struct bd_error *err)
{
	size_t row_bytes = columns * COLUMN_BYTES_MAX + 1;

	if (screen->row_count != rows || screen->columns != columns) {
		char *texts = realloc(screen->texts, rows * row_bytes);
		if (!texts)
			return bd_no_memory(err);
		screen->texts = texts;
	}
	screen->row_count = rows;
	screen->columns = columns;
	screen->shows_cursor = false;
	screen->cursor_row = screen->cursor_column = 0;
	for (size_t i = 0; i < rows; i++) {
		screen->rows[i] = (struct bd_screen_row){ .text = screen->texts + i * row_bytes };
		*screen->rows[i].text = '\0';
	}
	return 0;
}

int bd_screen_draw(struct bd_screen *screen, const struct bd_menu *menu, locale_t locale, struct bd_error *err)
{
	const struct drawing drawing = { screen, menu, locale };

	if (clear(screen, menu->rows, menu->columns, err) != 0)
		return -1;
	if (menu->view == BD_MENU_EDITING)
		draw_editing(&drawing);
	else
		draw_list(&drawing);
	return 0;
}

void bd_screen_dispose(struct bd_screen *screen)
{
	free(screen->texts);
	*screen = (struct bd_screen){ .texts = NULL };
}
