/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts of unknown origin on a terminal. */
#ifndef BD_BASE_PRINTABLE_H
#define BD_BASE_PRINTABLE_H

#include <stddef.h>

/* A copy in which control characters (C0, DEL, C1) and bytes that are no UTF-8 are written as \xHH. NULL: no memory. The
 * caller frees. */
char *bd_printable(const char *text);

/* How many columns a printable text takes, all characters being one wide. */
size_t bd_printable_columns(const char *text);

/* The length of the UTF-8 sequence at text, 0 when it is none (RFC 3629: no overlong forms, no surrogates) or the end. */
size_t bd_utf8_length(const char *text);

#endif
