/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints --help, from the tables of commands and options. */
#include "cli/help.h"

#include <string.h>

#include "base/terminal.h"
#include "cli/wrap.h"

#define COLUMNS 80
#define OPTION_COLUMN 25

const struct bd_option bd_common_options[] = {
	{ BD_OPTION_HEADING, "Common options", NULL, NULL, 0 },
	{ BD_OPTION_FLAG, "quiet", NULL, "print warnings and errors only", 0 },
	{ BD_OPTION_FLAG, "verbose", NULL, "print details of what is done", 0 },
	{ BD_OPTION_FLAG, "help", NULL, "print this help", 0 },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static const struct bd_exit_status common_statuses[] = {
	{ "0", "success" },
	{ "1", "failure; a line on stderr says why" },
	{ "2", "usage error" },
	{ "3", "already exists" },
	{ "4", "not found" },
	{ "5", "running, or in use" },
	{ "6", "not enough disk space, or memory on this host" },
	{ "7", "no hypervisor: Xen is not running, or this is not dom0" },
	{ "128+N", "terminated by signal N (130: Ctrl-C)" },
	{ NULL, NULL },
};

const struct bd_exit_status *bd_exit_statuses(const struct bd_command *command)
{
	return command && command->own_statuses ? command->own_statuses : common_statuses;
}

bool bd_exit_status_applies(const struct bd_exit_status *status, const struct bd_command *command)
{
	bool always = strchr("012", status->status[0]) || status->status[1];

	return always || !command || command->own_statuses ||
	       (command->statuses && strchr(command->statuses, status->status[0]));
}

bool bd_option_is_shown(const struct bd_option *option)
{
	return option->kind != BD_OPTION_HEADING && option->kind != BD_OPTION_ALIAS;
}

static void put_title(FILE *out, const char *title)
{
	fprintf(out, "\n%s%s:%s\n", bd_style(out, BD_STYLE_BOLD), title, bd_style(out, BD_STYLE_PLAIN));
}

/* Gives its width. */
static int put_option_name(FILE *out, const struct bd_option *option)
{
	char letter = bd_option_letter(option);
	int width = fprintf(out, "  --%s", option->name);

	if (letter)
		width += fprintf(out, ", -%c", letter);
	if (option->argument && option->argument[0] == '[')
		width += fprintf(out, "[=%.*s]", (int)strlen(option->argument) - 2, option->argument + 1);
	else if (option->argument)
		width += fprintf(out, " %s", option->argument);
	return width;
}

void bd_option_describe(const struct bd_option *option, char text_out[BD_OPTION_TEXT_SIZE])
{
	const char *help = option->help, *bracket = strrchr(help, '[');
	size_t length = strlen(help);

	if (bracket > help && help[length - 1] == ']' && bracket[-1] == ' ')
		length = (size_t)(bracket - 1 - help);
	snprintf(text_out, BD_OPTION_TEXT_SIZE, "%.*s%s%s", (int)length, help,
		 option->kind == BD_OPTION_LIST ? "; may be given more than once" : "", help + length);
}

static void put_options(FILE *out, const struct bd_option *options)
{
	if (options->name && options->kind != BD_OPTION_HEADING)
		put_title(out, "Options");
	for (size_t i = 0; options[i].name; i++) {
		if (options[i].kind == BD_OPTION_HEADING) {
			put_title(out, options[i].name);
			continue;
		}
		if (!bd_option_is_shown(&options[i]))
			continue;
		int column = put_option_name(out, &options[i]);
		if (column >= OPTION_COLUMN) {
			fputc('\n', out);
			column = 0;
		}
		fprintf(out, "%*s", OPTION_COLUMN - column, "");
		char text[BD_OPTION_TEXT_SIZE];
		bd_option_describe(&options[i], text);
		bd_put_wrapped(out, text, OPTION_COLUMN, OPTION_COLUMN, COLUMNS);
	}
}

static void put_examples(FILE *out, const char *examples)
{
	put_title(out, "Examples");
	for (const char *line = examples; *line; line = strchr(line, '\n') + 1) {
		int command = (int)strcspn(line, "\t");
		fprintf(out, "  %.*s\n      %.*s\n", command, line, (int)strcspn(line + command + 1, "\n"),
			line + command + 1);
	}
}

static void put_commands(FILE *out, const struct bd_command *const *commands, int column)
{
	for (; *commands; commands++) {
		if (bd_command_title(*commands))
			put_title(out, bd_command_title(*commands));
		fprintf(out, "  %-*s %s\n", column, (*commands)->name, (*commands)->summary);
	}
}

static void put_exit_statuses(FILE *out, const struct bd_command *command)
{
	put_title(out, "Exit status");
	for (const struct bd_exit_status *row = bd_exit_statuses(command); row->status; row++)
		if (bd_exit_status_applies(row, command))
			fprintf(out, "  %-6s %s\n", row->status, row->meaning);
}

static void put_group_help(const struct bd_command *group, FILE *out)
{
	fprintf(out, "Usage: xen-bigdisk %s COMMAND [options]\n\n", group->name);
	bd_put_wrapped(out, group->description, 0, 0, COLUMNS);
	put_title(out, "Commands");
	put_commands(out, group->commands, 16);
	put_examples(out, group->examples);
	fprintf(out, "\nxen-bigdisk %s COMMAND --help lists the options of a command.\n", group->name);
}

void bd_command_help(const struct bd_command *command, FILE *out)
{
	if (command->commands) {
		put_group_help(command, out);
		return;
	}
	fprintf(out, "Usage: xen-bigdisk %s%s%s [options]\n\n", command->name, *command->arguments ? " " : "",
		command->arguments);
	bd_put_wrapped(out, command->description, 0, 0, COLUMNS);
	put_options(out, command->options);
	put_options(out, bd_common_options);
	put_examples(out, command->examples);
	put_exit_statuses(out, command);
}

void bd_program_help(FILE *out)
{
	fputs("Usage: xen-bigdisk COMMAND [options]\n\n"
	      "From nothing to a running Xen guest: xen-bigdisk new web01 --size 4G\n",
	      out);
	put_commands(out, bd_commands, 15);
	fputs("  help            print this help, or help on a command: xen-bigdisk help new\n"
	      "  version         print the version (--version, -V)\n\n"
	      "xen-bigdisk COMMAND --help lists the options of a command; xen-bigdisk(8) is the manual.\n",
	      out);
}
