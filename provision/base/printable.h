/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes text of unknown origin safe to print on a terminal. */
#ifndef BD_BASE_PRINTABLE_H
#define BD_BASE_PRINTABLE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

/* A copy in which control characters (C0, DEL, C1) and bytes that are no UTF-8 are written as \xHH. NULL: no memory. The
 * caller frees. */
char *bd_printable(const char *text);

/* The same of a formatted text. */
char *bd_printable_format(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

/* As fprintf, for people: what is printed is made printable, but for newlines and tabs. A guest's name, a path in its cfg, a
 * template's description were written by somebody else, and could hold what changes the terminal. */
void bd_print(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* How many columns a printable text takes, all characters being one wide. */
size_t bd_printable_columns(const char *text);

/* The length of the UTF-8 sequence at text, 0 when it is none (RFC 3629: no overlong forms, no surrogates) or the end. */
size_t bd_utf8_length(const char *text);

/* Copies a text that came from outside, for people to read: each byte of a control character becomes "?", and what does
 * not fit is cut between two characters. */
void bd_copy_text(char *out, size_t out_size, const char *text);

#define BD_ENTRY_NAME_SIZE 300
/* A file's name for messages: printable UTF-8 as it is, other bytes as \xNN, "..." for what is too long. */
void bd_entry_name(const char *name, char text_out[BD_ENTRY_NAME_SIZE]);

/* As bd_wrap, with that name behind a prefix ("" or "/"); but what a signal has stopped is not about a file. */
int bd_wrap_entry(struct bd_error *err, const char *prefix, const char *name);

#endif
