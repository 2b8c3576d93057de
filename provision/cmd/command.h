/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands and options as tables: parsing, --help and the manual page all come from the same rows. */
#ifndef BD_CMD_COMMAND_H
#define BD_CMD_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

enum bd_option_kind {
	BD_OPTION_HEADING, /* no option: a title in --help */
	BD_OPTION_FLAG, /* bool */
	BD_OPTION_TEXT, /* const char *: borrowed from argv */
	BD_OPTION_SIZE, /* uint64_t: bytes, by bd_parse_size */
};

struct bd_option {
	enum bd_option_kind kind;
	const char *name; /* without the dashes; of a heading: the title */
	const char *argument; /* its name in the help; in brackets when it may be left out: "[SECONDS]" */
	const char *help;
	size_t offset; /* of the variable in the command's struct of options */
};

struct bd_command {
	const char *name;
	const char *arguments; /* "NAME" */
	const char *summary; /* one line for the list of commands */
	const char *description; /* paragraphs for --help and the manual */
	const char *examples; /* lines "command\twhat it does\n" */
	const struct bd_option *options; /* the last row has no name */
	int min_arguments, max_arguments;
	size_t options_size; /* of the struct that run gets, zeroed and filled */
	/* defaults: may be NULL */
	void (*defaults)(void *options);
	int (*run)(void *options, int argc, char **argv, struct bd_error *err);
};

/* The value of an option whose argument was left out. */
extern const char bd_option_no_value[];

/* Fills options and leaves the positional arguments in argv_out[0..*argc_out). */
int bd_command_parse(const struct bd_command *command, int argc, char **argv, void *options, int *argc_out,
		     char ***argv_out, bool *help_out, struct bd_error *err);

void bd_command_help(const struct bd_command *command, FILE *out);

extern const struct bd_command bd_command_new, bd_command_start, bd_command_config;

/* Ends with a NULL. */
extern const struct bd_command *const bd_commands[];

void bd_program_help(FILE *out);
void bd_program_manual(FILE *out); /* xen-bigdisk(8), as roff */

#endif
