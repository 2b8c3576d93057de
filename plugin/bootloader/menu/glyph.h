/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One character of a text of unknown origin, and how it is drawn on a terminal. */
#ifndef BD_BOOTLOADER_MENU_GLYPH_H
#define BD_BOOTLOADER_MENU_GLYPH_H

#include <locale.h>
#include <stddef.h>

#define BD_GLYPH_COLUMNS_MAX 16

struct bd_glyph {
	size_t bytes; /* of the text, at least one; 0: its end */
	size_t columns; /* that drawn takes; each takes at most four bytes */
	char drawn[BD_GLYPH_COLUMNS_MAX + 1];
};

/* What knows the columns of characters outside ASCII; xl may have no locale, while terminals are of UTF-8 today. 0:
 * there is none, and all of these are drawn as \xHH. The caller gives it to freelocale(3). */
locale_t bd_glyph_locale(void);

/* A printable character of one or two columns is drawn as it is. Everything else is drawn as base/printable.h does,
 * \xHH for each byte: control characters, bytes that are no UTF-8, and what takes no column, such as marks that
 * would pile up over other rows and what changes the direction of writing. */
struct bd_glyph bd_glyph_at(locale_t locale, const char *text);

/* How many bytes the character takes that ends at text + at; 0 where at is 0. */
size_t bd_glyph_bytes_before(const char *text, size_t at);

#endif
