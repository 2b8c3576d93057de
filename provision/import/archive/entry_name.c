/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of entries, which may be any bytes, as text for messages. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "import/archive/stream.h"

/* The length of the UTF-8 character at the beginning of the text, 0 where there is none (RFC 3629, section 4). */
static size_t character(const uint8_t *text)
{
	size_t size = text[0] < 0x80 ? 1 : text[0] < 0xc2 ? 0 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;

	if (text[0] < 0x20 || text[0] == 0x7f || text[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < size; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, beyond U+10FFFF, and the control characters U+0080 to U+009F. */
	if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
	    (text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f) ||
	    (text[0] == 0xc2 && text[1] < 0xa0))
		return 0;
	return size;
}

void bd_entry_name(const char *name, char text_out[BD_ENTRY_NAME_SIZE])
{
	size_t used = 0;

	while (*name && used + 8 < BD_ENTRY_NAME_SIZE) {
		size_t size = character((const uint8_t *)name);
		if (size)
			memcpy(text_out + used, name, size);
		else
			snprintf(text_out + used, 5, "\\x%02x", (uint8_t)*name);
		used += size ? size : 4;
		name += size ? size : 1;
	}
	snprintf(text_out + used, BD_ENTRY_NAME_SIZE - used, "%s", *name ? "..." : "");
}
