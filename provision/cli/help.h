/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --help, the manual pages and the shells' completion share. */
#ifndef BD_CLI_HELP_H
#define BD_CLI_HELP_H

#include "cli/command.h"

/* Options that every command takes; the last row has no name. */
extern const struct bd_option bd_common_options[];

#define BD_OPTION_TEXT_SIZE 512

/* What there is to say of an option: its help, and before the default in brackets at the end, where there is one, that it
 * may be given more than once if it may. */
void bd_option_describe(const struct bd_option *option, char text_out[BD_OPTION_TEXT_SIZE]);

struct bd_exit_status {
	const char *status; /* "3" */
	const char *meaning;
};

/* The last has no status. main gives them. */
extern const struct bd_exit_status bd_exit_statuses[];

/* manual.c: parts of both manual pages. A dash is put as it is typed; an empty line begins a paragraph. */
void bd_put_roff(FILE *out, const char *text);
void bd_put_roff_exit_statuses(FILE *out); /* a section of its own */

#endif
