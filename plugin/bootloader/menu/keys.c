/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small state machine. */
#include "bootloader/menu/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"

#define ESCAPE_BYTE 0x1b
#define DELETE_BYTE 0x7f

static void restart(struct bd_key_reader *reader, enum bd_key_state state)
{
	reader->state = state;
	reader->held_count = 0;
	reader->held[0] = '\0';
}

/* held_count goes one beyond BD_KEYS_HELD_MAX where not all has room. */
static void hold(struct bd_key_reader *reader, unsigned char byte)
{
	if (reader->held_count < BD_KEYS_HELD_MAX) {
		reader->held[reader->held_count] = (char)byte;
		reader->held[reader->held_count + 1] = '\0';
	}
	if (reader->held_count <= BD_KEYS_HELD_MAX)
		reader->held_count++;
}

static bool give(struct bd_key *key_out, enum bd_key_kind kind)
{
	*key_out = (struct bd_key){ .kind = kind };
	return true;
}

static bool give_text(const struct bd_key_reader *reader, enum bd_key_kind kind, const char *text,
		      struct bd_key *key_out)
{
	give(key_out, kind);
	memcpy(key_out->text, text, strnlen(text, sizeof(key_out->text) - 1));
	key_out->is_pasted = reader->in_paste;
	return true;
}

/* --- sequences ---------------------------------------------------------------------------------------------------- */

/* By the last byte of CSI and SS3 alike; numbers before it say which of Shift, Alt and Ctrl are held, which is all
 * the same here. */
static enum bd_key_kind kind_of_final(unsigned char final)
{
	switch (final) {
	case 'A':
		return BD_KEY_UP;
	case 'B':
		return BD_KEY_DOWN;
	case 'C':
		return BD_KEY_RIGHT;
	case 'D':
		return BD_KEY_LEFT;
	case 'H':
		return BD_KEY_HOME;
	case 'F':
		return BD_KEY_END;
	default:
		return BD_KEY_OTHER;
	}
}

/* Of CSI number ~ */
static enum bd_key_kind kind_of_number(unsigned long number)
{
	static const enum bd_key_kind kinds[] = {
		[1] = BD_KEY_HOME,	[3] = BD_KEY_DELETE, [4] = BD_KEY_END, [5] = BD_KEY_PAGE_UP,
		[6] = BD_KEY_PAGE_DOWN, [7] = BD_KEY_HOME,   [8] = BD_KEY_END
	};

	return number < sizeof(kinds) / sizeof(*kinds) ? kinds[number] : BD_KEY_OTHER;
}

/* CSI row ; column R */
static bool give_position(const char *parameters, struct bd_key *key_out)
{
	unsigned row, column;
	char rest;

	if (sscanf(parameters, "%4u;%4u%c", &row, &column, &rest) != 2)
		return give(key_out, BD_KEY_OTHER);
	*key_out = (struct bd_key){ .kind = BD_KEY_POSITION, .row = row, .column = column };
	return true;
}

static bool end_csi(struct bd_key_reader *reader, unsigned char final, struct bd_key *key_out)
{
	bool is_whole = reader->held_count <= BD_KEYS_HELD_MAX;
	unsigned long number = is_whole && final == '~' ? strtoul(reader->held, NULL, 10) : 0;

	if (final == '[' && reader->held_count == 0) {
		restart(reader, BD_KEYS_LINUX);
		return false;
	}
	reader->state = BD_KEYS_GROUND;
	if (number == 200 || number == 201) {
		reader->in_paste = number == 200;
		return false;
	}
	if (is_whole && final == 'R' && reader->held_count)
		return give_position(reader->held, key_out);
	/* What is pasted has no keys in it. */
	if (reader->in_paste)
		return false;
	if (!is_whole)
		return give(key_out, BD_KEY_OTHER);
	return give(key_out, final == '~' ? kind_of_number(number) : kind_of_final(final));
}

static bool take_in_csi(struct bd_key_reader *reader, unsigned char byte, struct bd_key *key_out)
{
	if (byte >= 0x40)
		return end_csi(reader, byte, key_out);
	hold(reader, byte);
	return false;
}

static bool take_in_ss3(struct bd_key_reader *reader, unsigned char byte, struct bd_key *key_out)
{
	if (byte < 0x40)
		return false; /* a number, as some terminals have it for Shift and its like */
	reader->state = BD_KEYS_GROUND;
	return !reader->in_paste && give(key_out, byte == 'M' ? BD_KEY_ENTER : kind_of_final(byte));
}

/* Alt and a key are ESC and what the key sends: it is no key of ours. */
static bool take_after_escape(struct bd_key_reader *reader, unsigned char byte, struct bd_key *key_out)
{
	if (byte == '[' || byte == 'O') {
		restart(reader, byte == '[' ? BD_KEYS_CSI : BD_KEYS_SS3);
		return false;
	}
	reader->state = BD_KEYS_GROUND;
	return !reader->in_paste && give(key_out, BD_KEY_OTHER);
}

/* --- bytes -------------------------------------------------------------------------------------------------------- */

static bool take_in_utf8(struct bd_key_reader *reader, unsigned char byte, struct bd_key *key_out)
{
	hold(reader, byte);
	if (bd_utf8_length(reader->held) == reader->held_count) {
		reader->state = BD_KEYS_GROUND;
		return give_text(reader, BD_KEY_CHARACTER, reader->held, key_out);
	}
	if (reader->held_count >= 4)
		reader->state = BD_KEYS_GROUND;
	return false;
}

static bool take_return(struct bd_key_reader *reader, unsigned char byte, struct bd_key *key_out)
{
	/* One key, which some send as two bytes. */
	bool is_second = byte == '\n' && reader->after_return;

	reader->after_return = byte == '\r';
	if (is_second)
		return false;
	return reader->in_paste ? give_text(reader, BD_KEY_CHARACTER, " ", key_out) : give(key_out, BD_KEY_ENTER);
}

static bool take_control(struct bd_key_reader *reader, unsigned char byte, struct bd_key *key_out)
{
	const char letter[2] = { (char)(byte + 'a' - 1), '\0' };

	if (byte == '\r' || byte == '\n')
		return take_return(reader, byte, key_out);
	if (byte == '\t' && reader->in_paste)
		return give_text(reader, BD_KEY_CHARACTER, " ", key_out);
	if (byte == 3)
		reader->in_paste = false;
	if (reader->in_paste)
		return false;
	if (byte == '\b' || byte == DELETE_BYTE)
		return give(key_out, BD_KEY_BACKSPACE);
	if (byte == 0 || byte > 26)
		return give(key_out, BD_KEY_OTHER);
	return give_text(reader, BD_KEY_CONTROL, letter, key_out);
}

static bool take_in_ground(struct bd_key_reader *reader, unsigned char byte, struct bd_key *key_out)
{
	const char character[2] = { (char)byte, '\0' };

	if (byte < ' ' || byte == DELETE_BYTE)
		return take_control(reader, byte, key_out);
	if (byte < 0x80)
		return give_text(reader, BD_KEY_CHARACTER, character, key_out);
	/* What can begin no character is dropped. */
	if (byte < 0xc2 || byte > 0xf4)
		return false;
	restart(reader, BD_KEYS_UTF8);
	return take_in_utf8(reader, byte, key_out);
}

bool bd_key_reader_take(struct bd_key_reader *reader, unsigned char byte, struct bd_key *key_out)
{
	enum bd_key_state state = reader->state;

	if (byte != '\n')
		reader->after_return = false;
	if (byte == ESCAPE_BYTE) {
		restart(reader, BD_KEYS_ESCAPE);
		return state == BD_KEYS_ESCAPE && !reader->in_paste && give(key_out, BD_KEY_ESCAPE);
	}
	/* A control character, or one that does not go on as it should, ends what is there without a meaning. */
	bool goes_on = state == BD_KEYS_UTF8 ? byte >= 0x80 && byte < 0xc0 : byte >= ' ' && byte < DELETE_BYTE;
	if (!goes_on || state == BD_KEYS_GROUND) {
		reader->state = BD_KEYS_GROUND;
		return take_in_ground(reader, byte, key_out);
	}
	switch (state) {
	case BD_KEYS_UTF8:
		return take_in_utf8(reader, byte, key_out);
	case BD_KEYS_ESCAPE:
		return take_after_escape(reader, byte, key_out);
	case BD_KEYS_CSI:
		return take_in_csi(reader, byte, key_out);
	case BD_KEYS_SS3:
		return take_in_ss3(reader, byte, key_out);
	default:
		reader->state = BD_KEYS_GROUND;
		return !reader->in_paste && give(key_out, BD_KEY_OTHER);
	}
}

bool bd_key_reader_is_waiting(const struct bd_key_reader *reader)
{
	return reader->state != BD_KEYS_GROUND;
}

bool bd_key_reader_give_up(struct bd_key_reader *reader, struct bd_key *key_out)
{
	enum bd_key_state state = reader->state;
	bool was_pasting = reader->in_paste;

	reader->state = BD_KEYS_GROUND;
	if (state == BD_KEYS_ESCAPE)
		reader->in_paste = false;
	if (was_pasting || state == BD_KEYS_GROUND || state == BD_KEYS_UTF8)
		return false;
	return give(key_out, state == BD_KEYS_ESCAPE ? BD_KEY_ESCAPE : BD_KEY_OTHER);
}
