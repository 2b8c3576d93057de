/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A boot menu for tests, and what it looks like. To be included after <cmocka.h>. */
#ifndef BD_TESTS_MENU_CHECKS_H
#define BD_TESTS_MENU_CHECKS_H

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "bootloader/menu/glyph.h"
#include "bootloader/menu/screen.h"
#include "bootloader/menu/state.h"

#define MENU_UNUSED __attribute__((unused))

static struct bd_error menu_err;

/* As grub-mkconfig of Debian 12 writes them, and one of memtest86+. */
static struct bd_bootmenu_entry debian_entries[] = {
	{ .title = "Debian GNU/Linux", .arguments = "root=UUID=a6c1 ro quiet" },
	{ .title = "Debian GNU/Linux, with Linux 6.1.0-18-amd64",
	  .submenu = "Advanced options for Debian GNU/Linux",
	  .arguments = "root=UUID=a6c1 ro quiet" },
	{ .title = "Debian GNU/Linux, with Linux 6.1.0-18-amd64 (recovery mode)",
	  .submenu = "Advanced options for Debian GNU/Linux",
	  .arguments = "root=UUID=a6c1 ro single" },
	{ .title = "Memory test (memtest86+)", .arguments = "", .obstacle = "it loads no kernel (linux16 of a ROM)" },
};
static const struct bd_bootmenu debian = { debian_entries, 4, 0, -1, NULL };

/* Each row: its style (" ", Bold, Dim, Reverse), its text without the spaces at its end, a newline; at the end the
 * cursor, where it is shown. */
MENU_UNUSED static const char *picture_of(const struct bd_screen *screen)
{
	static char text[BD_MENU_ROWS_MAX * BD_MENU_COLUMNS_MAX * 4 + 1024];
	char *at = text;

	for (size_t i = 0; i < screen->row_count; i++) {
		const struct bd_screen_row *row = &screen->rows[i];
		size_t length = strlen(row->text);
		if (row->style == BD_ROW_REVERSE)
			while (length && row->text[length - 1] == ' ')
				length--;
		at += sprintf(at, "%c%.*s\n", " BDR"[row->style], (int)length, row -> text);
	}
	if (screen->shows_cursor)
		sprintf(at, "cursor %zu,%zu\n", screen->cursor_row, screen->cursor_column);
	return text;
}

#endif
