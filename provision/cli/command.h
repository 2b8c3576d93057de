/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands and options as tables: parsing, --help and the manual page all come from the same rows. */
#ifndef BD_CLI_COMMAND_H
#define BD_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"
#include "base/texts.h"

enum bd_option_kind {
	BD_OPTION_HEADING, /* no option: a title in --help */
	BD_OPTION_FLAG, /* bool */
	BD_OPTION_TEXT, /* const char *: borrowed from argv */
	BD_OPTION_SIZE, /* uint64_t: bytes, by bd_parse_size */
	BD_OPTION_LIST, /* struct bd_texts, borrowed from argv: may be given more than once, which --help adds */
	/* An old spelling, which is taken and shown nowhere. `help` is the option that it stands for, NULL: it is
	 * ignored. It may have the name of a flag of the table: then --FLAG=VALUE, and where the alias must have a
	 * value also --FLAG 30, stands for that other option, and without a value it is the flag. */
	BD_OPTION_ALIAS,
};

struct bd_option {
	enum bd_option_kind kind;
	const char *name; /* without the dashes; of a heading: the title */
	const char *argument; /* its name in the help; in brackets when it may be left out: "[SECONDS]" */
	const char *help;
	size_t offset; /* of the variable in the command's struct of options */
};

/* A row of the exit statuses; the last one has no status. */
struct bd_exit_status {
	const char *status, *meaning;
};

struct bd_command {
	const char *name;
	/* As --help shows them, which also says how many it takes: "NAME [OTHER]", "NAME...". */
	const char *arguments;
	const char *summary; /* one line for the list of commands */
	const char *description; /* paragraphs for --help and the manual */
	const char *examples; /* lines "command\twhat it does\n" */
	const struct bd_option
		*options; /* the last row has no name; without a heading in the first it is "Options" */
	/* Its possible exit statuses other than 0, 1, 2 and 128+N, a digit each: "34". */
	const char *statuses;
	/* NULL, or all of its exit statuses, where another program's are expected of it, and how errors of run and of the command
	 * line become one; a signal's status stays. */
	const struct bd_exit_status *own_statuses;
	int (*exit_status)(const struct bd_error *err);
	size_t options_size; /* of the struct that run gets, zeroed and filled */
	/* NULL, or the commands of a group, which has no options, no statuses and no run of its own; ends with a
	 * NULL. Their names begin with the group's: "template import". */
	const struct bd_command *const *commands;
	/* defaults: may be NULL */
	void (*defaults)(void *options);
	/* arguments: as many as the line above allows; a NULL follows them. */
	int (*run)(void *options, char **arguments, struct bd_error *err);
};

/* The value of an option whose argument was left out. */
extern const char bd_option_no_value[];

/* BD_EUSAGE also where an option that takes one value is given twice.
 * Fills options, and leaves the positional arguments in arguments_out, with a NULL behind them. */
int bd_command_parse(const struct bd_command *command, int argc, char **argv, void *options, char ***arguments_out,
		     bool *help_out, struct bd_error *err);

/* Frees the lists in options; idempotent. */
void bd_command_dispose_options(const struct bd_command *command, void *options);

extern const struct bd_command bd_command_stop, bd_command_reboot, bd_command_rm, bd_command_rename,
	bd_command_console, bd_command_wait, bd_command_autostart, bd_command_import_guest, bd_command_set;
extern const struct bd_command bd_command_clone, bd_command_list, bd_command_show, bd_command_fleet;
extern const struct bd_command bd_command_new, bd_command_start, bd_command_config, bd_command_template,
	bd_command_ls, bd_command_cat, bd_command_tail, bd_command_image_find, bd_command_du, bd_command_doctor, bd_command_metrics;
extern const struct bd_command bd_command_cp, bd_command_edit, bd_command_tar, bd_command_diff, bd_command_mkdir,
	bd_command_mv, bd_command_ln, bd_command_chmod, bd_command_chown;
extern const struct bd_command bd_command_fill, bd_command_renew, bd_command_info, bd_command_map, bd_command_check;
extern const struct bd_command bd_command_grow, bd_command_shrink, bd_command_compact, bd_command_convert,
	bd_command_convert_layout, bd_command_send, bd_command_receive;

/* Ends with a NULL. */
extern const struct bd_command *const bd_commands[];

/* The title of the commands from this one on ("Guests") in --help and the manual; NULL: it stands among others. */
const char *bd_command_title(const struct bd_command *command);

/* "import" of "template import". */
const char *bd_command_last_word(const char *name);

/* The command whose last word is name; NULL: there is none. commands end with a NULL. */
const struct bd_command *bd_command_find(const struct bd_command *const *commands, const char *name);

/* BD_EUSAGE, with the names that may have been meant. group: NULL where name was to be a command of its own. */
int bd_command_unknown(const struct bd_command *group, const char *name, struct bd_error *err);

/* The letter by which an option is known too; 0: none. */
char bd_option_letter(const struct bd_option *option);

#endif
