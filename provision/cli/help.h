/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --help, and what it shares with the manual pages and shell completion. */
#ifndef BD_CLI_HELP_H
#define BD_CLI_HELP_H

#include <stdio.h>

#include "cli/command.h"

void bd_command_help(const struct bd_command *command, FILE *out);
void bd_program_help(FILE *out);

/* Options that every command takes; the last row has no name. */
extern const struct bd_option bd_common_options[];

#define BD_OPTION_TEXT_SIZE 512

/* What there is to say of an option: its help, and before the default in brackets at the end, where there is one, that it
 * may be given more than once if it may. */
void bd_option_describe(const struct bd_option *option, char text_out[BD_OPTION_TEXT_SIZE]);

/* Those that main gives, or a command's own; command: NULL for any. */
const struct bd_exit_status *bd_exit_statuses(const struct bd_command *command);

/* Whether a command may end with that one of them. */
bool bd_exit_status_applies(const struct bd_exit_status *status, const struct bd_command *command);

/* Of all that a table lists, what is to be shown: no headings, no old spellings. */
bool bd_option_is_shown(const struct bd_option *option);

#endif
