/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Examines the terminal. The sequences are those of ECMA-48, which every terminal except a dumb one supports. */
#include "base/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

size_t bd_terminal_columns(FILE *out)
{
	struct winsize size;

	if (!isatty(fileno(out)))
		return 0;
	return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

int bd_terminal_can_redraw(FILE *out)
{
	const char *kind = getenv("TERM");

	return kind && *kind && strcmp(kind, "dumb") != 0 && isatty(fileno(out));
}

const char *bd_style(FILE *out, enum bd_style style)
{
	static const char *const sequences[] = { "\033[0m", "\033[1m", "\033[32m", "\033[33m", "\033[31m" };
	const char *unwanted = getenv("NO_COLOR");

	return (unwanted && *unwanted) || !bd_terminal_can_redraw(out) ? "" : sequences[style];
}
