/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The caller's terminal, while a boot loader that the monitor runs shows its menu on it. The caller copies between the
 * terminal and a socket: the monitor is in a session of its own, and must not be what sets the terminal back. */
#ifndef BD_LIBXL_MONITOR_SCREEN_H
#define BD_LIBXL_MONITOR_SCREEN_H

#include <poll.h>
#include <stdbool.h>
#include <termios.h>

#include "base/err.h"

/* Leaves the menu to itself, as it leaves a console of xl's. */
#define BD_SCREEN_ESCAPE ('\x1d')

struct bd_screen {
	int fd; /* the socket; -1: there is no menu, or no more */
	int terminal_in, terminal_out;
	bool raw; /* the terminal is in raw mode: from the first output on */
	char last; /* what was written last */
	struct termios before;
};

#define BD_SCREEN_INIT \
	{ \
		.fd = -1, .terminal_in = 0, .terminal_out = 1, .raw = false \
	}

enum { BD_SCREEN_SOCKET, BD_SCREEN_KEYS, BD_SCREEN_FDS };

/* monitor_fd_out: the other end of the socket. */
int bd_screen_open(struct bd_screen *screen, int *monitor_fd_out, struct bd_error *err);
/* What is to be waited for; then what has come is copied. */
void bd_screen_poll(const struct bd_screen *screen, struct pollfd fds_out[BD_SCREEN_FDS]);
void bd_screen_work(struct bd_screen *screen, const struct pollfd fds[BD_SCREEN_FDS]);
/* Copies what is there of the output: all of it, where the monitor has said that the menu is over. */
void bd_screen_drain(struct bd_screen *screen);
/* The terminal is as it was. Idempotent. */
void bd_screen_close(struct bd_screen *screen);

#endif
