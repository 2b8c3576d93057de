/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of a boot loader's configuration and the words in them, cut off one after the other in the text itself. Pure. */
#ifndef BD_BOOTMENU_WORDS_H
#define BD_BOOTMENU_WORDS_H

#include <stddef.h>

/* What is left of a text. Its bytes are changed; it needs no NUL of its own at end, but room for one. */
struct bd_bootmenu_lines {
	char *at, *end;
};

/* The next line without its newline and the blanks (space, tab, CR) around it; empty ones too. NULL: there is none left. A line ends
 * at a NUL in it; what is behind that is passed over. */
char *bd_bootmenu_next_line(struct bd_bootmenu_lines *lines);

/* Cuts the first word off *rest and leaves what is behind it and its blanks there. NULL: there is none. separators: characters that
 * end a word as blanks do: "=" or "". */
char *bd_bootmenu_next_word(char **rest, const char *separators);

/* Digits at the start of a text. -1: there are none. More than a limit: the limit. */
int bd_bootmenu_number(const char *text, int limit);

#endif
