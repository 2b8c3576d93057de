/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Edits a line. */
#include "bootloader/menu/line.h"

#include <string.h>

#include "base/printable.h"
#include "bootloader/menu/glyph.h"

void bd_line_set(struct bd_line *line, const char *text)
{
	size_t bytes = strlen(text);

	if (bytes > BD_LINE_MAX) {
		bytes = BD_LINE_MAX;
		while (bytes > 0 && ((unsigned char)text[bytes] & 0xc0) == 0x80)
			bytes--;
	}
	memcpy(line->text, text, bytes);
	line->text[bytes] = '\0';
	line->bytes = line->cursor = bytes;
}

static bool insert(struct bd_line *line, const char *text)
{
	size_t bytes = strlen(text);

	if (bytes > BD_LINE_MAX - line->bytes)
		return false;
	char *at = line->text + line->cursor;
	memmove(at + bytes, at, line->bytes - line->cursor + 1);
	memcpy(at, text, bytes);
	line->bytes += bytes;
	line->cursor += bytes;
	return true;
}

/* The cursor is left at from. */
static void cut(struct bd_line *line, size_t from, size_t to)
{
	memmove(line->text + from, line->text + to, line->bytes - to + 1);
	line->bytes -= to - from;
	line->cursor = from;
}

static size_t place_before(const struct bd_line *line)
{
	return line->cursor - bd_glyph_bytes_before(line->text, line->cursor);
}

static size_t place_after(const struct bd_line *line)
{
	size_t bytes = bd_utf8_length(line->text + line->cursor);

	return line->cursor + (bytes ? bytes : line->cursor < line->bytes);
}

static size_t word_before(const struct bd_line *line)
{
	size_t at = line->cursor;

	while (at > 0 && line->text[at - 1] == ' ')
		at--;
	while (at > 0 && line->text[at - 1] != ' ')
		at--;
	return at;
}

static void take_control(struct bd_line *line, char letter)
{
	switch (letter) {
	case 'a':
		line->cursor = 0;
		break;
	case 'e':
		line->cursor = line->bytes;
		break;
	case 'b':
		line->cursor = place_before(line);
		break;
	case 'f':
		line->cursor = place_after(line);
		break;
	case 'd':
		cut(line, line->cursor, place_after(line));
		break;
	case 'k':
		cut(line, line->cursor, line->bytes);
		break;
	case 'u':
		cut(line, 0, line->cursor);
		break;
	case 'w':
		cut(line, word_before(line), line->cursor);
		break;
	default:
		break;
	}
}

bool bd_line_take(struct bd_line *line, const struct bd_key *key)
{
	static const char letters[] = {
		[BD_KEY_LEFT] = 'b', [BD_KEY_RIGHT] = 'f',  [BD_KEY_HOME] = 'a',
		[BD_KEY_END] = 'e',  [BD_KEY_DELETE] = 'd',
	};

	if (key->kind == BD_KEY_CHARACTER)
		return insert(line, key->text);
	if (key->kind == BD_KEY_BACKSPACE)
		cut(line, place_before(line), line->cursor);
	else if (key->kind == BD_KEY_CONTROL)
		take_control(line, *key->text);
	else if (key->kind < sizeof(letters))
		take_control(line, letters[key->kind]);
	return true;
}
