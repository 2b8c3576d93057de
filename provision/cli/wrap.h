/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wraps text at the width of the terminal. */
#ifndef BD_CLI_WRAP_H
#define BD_CLI_WRAP_H

#include <stddef.h>
#include <stdio.h>

/* Prints a printable text and a newline, in lines of so many columns (0: there is no limit) that end between words; a word
 * that is longer than a line goes on in the next one. The cursor is in column `at`, and further lines begin at indent. A
 * newline in the text ends the line. */
void bd_put_wrapped(FILE *out, const char *text, size_t at, size_t indent, size_t columns);

/* As bd_print, of a text without a newline at its end, wrapped where out is a terminal. */
void bd_print_wrapped(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
