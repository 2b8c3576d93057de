/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is sent to a terminal so that it shows a screen: the rows that differ from those it has. */
#ifndef BD_BOOTLOADER_MENU_OUTPUT_H
#define BD_BOOTLOADER_MENU_OUTPUT_H

#include <stddef.h>
#include <stdio.h>

#include "bootloader/menu/screen.h"

/* Once, before and after all else: no automatic wrap, so that a character that is wider than we think changes its
 * own row only; and what is pasted comes in marks. The end clears the screen. */
#define BD_OUTPUT_BEGIN "\033[?7l\033[?2004h"
#define BD_OUTPUT_END "\033[m\033[?7h\033[?2004l\033[?25h\033[H\033[J"

/* Where the last row and column are, so that a terminal tells its size: the answer is BD_KEY_POSITION. */
#define BD_OUTPUT_ASK_SIZE "\0337\033[999;999H\033[6n\0338"

/* shown: what the terminal has; NULL, or one of another size: not known, so that it is cleared. Writes nothing where
 * they are the same. */
void bd_output_screen(FILE *out, const struct bd_screen *screen, const struct bd_screen *shown);

#endif
