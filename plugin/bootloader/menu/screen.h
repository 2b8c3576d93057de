/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a menu looks: rows of text. All of it may be given to a terminal as it is. */
#ifndef BD_BOOTLOADER_MENU_SCREEN_H
#define BD_BOOTLOADER_MENU_SCREEN_H

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "bootloader/menu/state.h"

enum bd_style_of_row { BD_ROW_PLAIN, BD_ROW_BOLD, BD_ROW_DIM, BD_ROW_REVERSE };

struct bd_screen_row {
	char *text; /* takes no more columns than there are; a reverse row takes all of them. In texts */
	enum bd_style_of_row style;
};

struct bd_screen {
	size_t row_count, columns;
	struct bd_screen_row rows[BD_MENU_ROWS_MAX];
	char *texts; /* owned */
	bool shows_cursor;
	size_t cursor_row, cursor_column; /* from 0 on */
};

/* Draws into a screen of zeros, or one that was drawn before. locale: of bd_glyph_locale. Fails for lack of memory
 * only. */
int bd_screen_draw(struct bd_screen *screen, const struct bd_menu *menu, locale_t locale, struct bd_error *err);
void bd_screen_dispose(struct bd_screen *screen); /* idempotent */

#endif
