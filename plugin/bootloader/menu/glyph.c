/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks the C library about characters. */
#include "bootloader/menu/glyph.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "base/printable.h"

locale_t bd_glyph_locale(void)
{
	return newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

/* Of a sequence that is UTF-8, as bd_utf8_length says; 0 or less: it is not drawn. wcwidth(3) has no variant that
 * takes a locale. */
static int columns_of(locale_t locale, const char *text, size_t bytes)
{
	mbstate_t state = { 0 };
	wchar_t character;

	if (bytes == 1)
		return *text >= ' ' && *text < '\x7f';
	if (!locale)
		return 0;
	locale_t before = uselocale(locale);
	int columns = mbrtowc(&character, text, bytes, &state) == bytes && iswprint((wint_t)character)
			      ? wcwidth(character)
			      : 0;
	uselocale(before);
	return columns;
}

struct bd_glyph bd_glyph_at(locale_t locale, const char *text)
{
	size_t bytes = *text ? bd_utf8_length(text) : 0;
	struct bd_glyph glyph = { .bytes = bytes ? bytes : *text != '\0' };
	int columns = bytes ? columns_of(locale, text, bytes) : 0;

	if (columns > 0) {
		glyph.columns = (size_t)columns;
		memcpy(glyph.drawn, text, bytes);
		return glyph;
	}
	for (size_t i = 0; i < glyph.bytes; i++, glyph.columns += 4)
		snprintf(glyph.drawn + glyph.columns, 5, "\\x%02x", (unsigned char)text[i]);
	return glyph;
}

size_t bd_glyph_bytes_before(const char *text, size_t at)
{
	/* The first byte of a sequence is none of those that follow one, so that not two lengths can fit. */
	for (size_t bytes = 2; bytes <= 4 && bytes <= at; bytes++)
		if (bd_utf8_length(text + at - bytes) == bytes)
			return bytes;
	return at > 0;
}
