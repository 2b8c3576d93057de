/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shows a menu on a terminal, and asks somebody there. It is the pty that libxl makes for a boot loader, which
 * xenconsole shows, or the terminal of whoever runs the program by hand.
 *
 * * No curses: terminfo may not be there in dom0, and a pty of libxl says TERM=vt100 and a size of 0x0 whatever the
 * real terminal is. The few sequences used are those of the vt100 (ECMA-48), which all of them understand, and the
 * terminal itself is asked for its size. */
#ifndef BD_BOOTLOADER_MENU_TERMINAL_H
#define BD_BOOTLOADER_MENU_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "bootmenu/menu.h"

struct bd_menu_request {
	const struct bd_bootmenu
		*menu; /* its texts may be anything; its timeout is the countdown: 0 boots at once, -1 waits */
	const char *heading;
	int input_fd, output_fd; /* borrowed */
};

struct bd_menu_choice {
	size_t index; /* of an entry to be booted, or one that opens another menu */
	char *arguments; /* edited; NULL: as the entry has them; owned */
};

void bd_menu_choice_dispose(struct bd_menu_choice *choice); /* idempotent */

/* Both are terminals. */
bool bd_menu_can_ask(int input_fd, int output_fd);
/* The terminal says how large it is, which one without anybody behind it does not. */
bool bd_menu_is_watched(int output_fd);

/* The terminal is as it was afterwards, and cleared where there was something on it. With a timeout of 0 nothing is
 * shown, unless a key has been pressed already. Nothing waits for a terminal that nobody reads: a countdown goes on.
 *
 * * BD_KIND_CANCELED: somebody left the menu, or a signal came (base/process/cancel.h). ENOTSUP: the entry that was
 * to be booted after the countdown has an obstacle. EINVAL: there is no entry. EIO and others: the terminal is gone,
 * or is none. */
int bd_menu_ask(const struct bd_menu_request *request, struct bd_menu_choice *choice_out, struct bd_error *err);

#endif
