/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line that is being edited: a text and a place in it. */
#ifndef BD_BOOTLOADER_MENU_LINE_H
#define BD_BOOTLOADER_MENU_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "bootloader/menu/keys.h"
#include "bootmenu/menu.h"

#define BD_LINE_MAX (BD_BOOTMENU_TEXT_MAX - 1) /* bytes */

struct bd_line {
	char text[BD_LINE_MAX + 1];
	size_t bytes; /* of the text */
	size_t cursor; /* before that byte, which begins a character, or at the end */
};

/* With the cursor at its end. What is longer is cut off between two characters. */
void bd_line_set(struct bd_line *line, const char *text);

/* Takes a key as readline(3) does. False: there is no room for the character. Keys that mean nothing change nothing. */
bool bd_line_take(struct bd_line *line, const struct bd_key *key);

#endif
