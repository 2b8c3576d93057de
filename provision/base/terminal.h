/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The capabilities of the terminal: its width, and whether bold and colours are wanted. Output that does not go to
 * a terminal has neither, and is not fitted to a width. */
#ifndef BD_BASE_TERMINAL_H
#define BD_BASE_TERMINAL_H

#include <stdio.h>

enum bd_style { BD_STYLE_PLAIN, BD_STYLE_BOLD, BD_STYLE_GOOD, BD_STYLE_WARNING, BD_STYLE_BAD };

/* 0: no terminal. 80 where a terminal does not say. */
size_t bd_terminal_columns(FILE *out);

/* Whether the cursor can be sent back to the beginning of its line, and the line cleared: not when TERM is "dumb". */
int bd_terminal_can_redraw(FILE *out);

/* What begins the style on out, and with BD_STYLE_PLAIN what ends each; "" elsewhere than on a terminal, when TERM is "dumb"
 * or not set, and when NO_COLOR (no-color.org) is set to something. bd_print would show it as text; use fputs. */
const char *bd_style(FILE *out, enum bd_style style);

#endif
