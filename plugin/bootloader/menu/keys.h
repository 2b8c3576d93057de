/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys out of the bytes that a terminal sends (ECMA-48, and what xterm, the Linux console and vt100 send). It takes
 * a byte at a time, so that it does not matter how a sequence is split over reads. */
#ifndef BD_BOOTLOADER_MENU_KEYS_H
#define BD_BOOTLOADER_MENU_KEYS_H

#include <stdbool.h>
#include <stddef.h>

enum bd_key_kind {
	BD_KEY_OTHER, /* one that has no meaning here */
	BD_KEY_CHARACTER, /* text has it */
	BD_KEY_CONTROL, /* text has its letter: "a" of Ctrl-A */
	BD_KEY_ENTER,
	BD_KEY_ESCAPE,
	BD_KEY_BACKSPACE,
	BD_KEY_DELETE,
	BD_KEY_UP,
	BD_KEY_DOWN,
	BD_KEY_LEFT,
	BD_KEY_RIGHT,
	BD_KEY_HOME,
	BD_KEY_END,
	BD_KEY_PAGE_UP,
	BD_KEY_PAGE_DOWN,
	BD_KEY_POSITION, /* no key: the terminal's answer to where its cursor is, in row and column, from 1 on */
};

struct bd_key {
	enum bd_key_kind kind;
	char text[5]; /* one character of UTF-8 */
	bool is_pasted; /* of a character: the terminal says that it was not typed; a newline or a tab is " " then */
	unsigned row, column;
};

enum bd_key_state {
	BD_KEYS_GROUND,
	BD_KEYS_UTF8, /* within a character */
	BD_KEYS_ESCAPE, /* behind an escape */
	BD_KEYS_CSI, /* behind ESC [ */
	BD_KEYS_SS3, /* behind ESC O */
	BD_KEYS_LINUX, /* behind ESC [ [, as function keys of the Linux console have it */
};

#define BD_KEYS_HELD_MAX 16

struct bd_key_reader {
	enum bd_key_state state;
	char held[BD_KEYS_HELD_MAX +
		  1]; /* of the character or the sequence; what has no room makes it one without a meaning */
	size_t held_count;
	bool in_paste, after_return;
};

/* True: the byte has completed a key. */
bool bd_key_reader_take(struct bd_key_reader *reader, unsigned char byte, struct bd_key *key_out);

/* It is within a sequence, which may be the Escape key alone. */
bool bd_key_reader_is_waiting(const struct bd_key_reader *reader);

/* Nothing more has come for a while. True: that makes it a key. It also ends a paste that was never ended. */
bool bd_key_reader_give_up(struct bd_key_reader *reader, struct bd_key *key_out);

#endif
