/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts that the manual pages share, in the macros of man(7). Source lines are kept short where roff fills them
 * anyway. */
#ifndef BD_CLI_ROFF_H
#define BD_CLI_ROFF_H

#include "cli/command.h"

/* The head of the page and its NAME section. The page's date is that of SOURCE_DATE_EPOCH, else today. */
void bd_roff_begin(FILE *out, const char *name, int section, const char *volume, const char *summary);

/* Filled text; an empty line begins a paragraph. Dashes are those that are typed, and so are quotes. */
void bd_roff_text(FILE *out, const char *text);

/* A word or a line to be typed, as the argument of a macro or within a line: nothing in it has a meaning for roff. */
void bd_roff_literal(FILE *out, const char *text);

/* ".SH \"EXIT STATUS\"", with those of the command; NULL: all. */
void bd_roff_exit_statuses(FILE *out, const struct bd_command *command);

#endif
