/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Quotes paths in commands that the user is to type. */
#ifndef BD_BASE_SHELL_WORD_H
#define BD_BASE_SHELL_WORD_H

/* A path as one word of sh(1), in quotes, which no command takes for an option; the caller frees. NULL: it has control
 * characters, which nobody can type, or there is no memory. */
char *bd_shell_word(const char *path);

#endif
