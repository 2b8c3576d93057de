/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --help and the manual page, from the tables of commands and options. */
#include <string.h>

#include "cmd/command.h"

#define COLUMNS 80
#define OPTION_COLUMN 25

static const struct bd_option common_options[] = {
	{ BD_OPTION_HEADING, "Everywhere", NULL, NULL, 0 },
	{ BD_OPTION_FLAG, "quiet", NULL, "print warnings and errors only (-q)", 0 },
	{ BD_OPTION_FLAG, "verbose", NULL, "print what is done in detail (-v)", 0 },
	{ BD_OPTION_FLAG, "help", NULL, "print this help (-h)", 0 },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static const char exit_statuses[] = "0 done; 1 it failed, with one line on stderr that says why; 2 wrong usage; "
				    "128 plus the signal's number when it was stopped (130: Ctrl-C).";

/* Words of text, wrapped; the first line begins at column `at`, the others at `indent`. A newline in the text ends
 * the line. */
static void put_wrapped(FILE *out, const char *text, int at, int indent)
{
	int column = at;

	while (*text) {
		if (*text == '\n') {
			fprintf(out, "\n%*s", text[1] && text[1] != '\n' ? indent : 0, "");
			column = indent;
			text++;
			continue;
		}
		int length = (int)strcspn(text, " \n");
		if (column > indent && column + 1 + length > COLUMNS) {
			fprintf(out, "\n%*s", indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', out);
			column++;
		}
		fwrite(text, 1, (size_t)length, out);
		column += length;
		text += length;
		while (*text == ' ')
			text++;
	}
	fputc('\n', out);
}

static int put_option_name(FILE *out, const struct bd_option *option, const char *indent)
{
	if (!option->argument)
		return fprintf(out, "%s--%s", indent, option->name);
	if (option->argument[0] == '[')
		return fprintf(out, "%s--%s[=%.*s]", indent, option->name, (int)strlen(option->argument) - 2,
			       option->argument + 1);
	return fprintf(out, "%s--%s %s", indent, option->name, option->argument);
}

static void put_options(FILE *out, const struct bd_option *options)
{
	for (size_t i = 0; options[i].name; i++) {
		if (options[i].kind == BD_OPTION_HEADING) {
			fprintf(out, "\n%s:\n", options[i].name);
			continue;
		}
		int column = put_option_name(out, &options[i], "  ");
		if (column >= OPTION_COLUMN) {
			fputc('\n', out);
			column = 0;
		}
		fprintf(out, "%*s", OPTION_COLUMN - column, "");
		put_wrapped(out, options[i].help, OPTION_COLUMN, OPTION_COLUMN);
	}
}

static void put_examples(FILE *out, const char *examples)
{
	fputs("\nExamples:\n", out);
	for (const char *line = examples; *line; line = strchr(line, '\n') + 1) {
		int command = (int)strcspn(line, "\t");
		fprintf(out, "  %.*s\n      %.*s\n", command, line, (int)strcspn(line + command + 1, "\n"),
			line + command + 1);
	}
}

static void put_commands(FILE *out, const struct bd_command *const *commands, const char *indent, int column)
{
	for (; *commands; commands++)
		fprintf(out, "%s%-*s %s\n", indent, column, (*commands)->name, (*commands)->summary);
}

static void put_group_help(const struct bd_command *group, FILE *out)
{
	fprintf(out, "Usage: xen-bigdisk %s COMMAND [options]\n\n", group->name);
	put_wrapped(out, group->description, 0, 0);
	fputs("\nCommands:\n", out);
	put_commands(out, group->commands, "  ", 16);
	fprintf(out, "\nxen-bigdisk %s COMMAND --help tells a command's options.\n", group->name);
	put_examples(out, group->examples);
	fputs("\nExit status:\n  ", out);
	put_wrapped(out, exit_statuses, 2, 2);
}

void bd_command_help(const struct bd_command *command, FILE *out)
{
	if (command->commands) {
		put_group_help(command, out);
		return;
	}
	fprintf(out, "Usage: xen-bigdisk %s %s [options]\n\n", command->name, command->arguments);
	put_wrapped(out, command->description, 0, 0);
	put_options(out, command->options);
	put_options(out, common_options);
	put_examples(out, command->examples);
	fputs("\nExit status:\n  ", out);
	put_wrapped(out, exit_statuses, 2, 2);
}

void bd_program_help(FILE *out)
{
	fputs("Usage: xen-bigdisk COMMAND [options]\n\n"
	      "From nothing to a running Xen guest: xen-bigdisk new web01 --size 4G\n\nCommands:\n",
	      out);
	put_commands(out, bd_commands, "  ", 10);
	fputs("  help       print this help, or a command's: xen-bigdisk help new\n"
	      "  version    print the version\n\n"
	      "xen-bigdisk COMMAND --help tells a command's options; xen-bigdisk(8) is the manual.\n",
	      out);
}

/* A dash as it is typed; a dot or quote at the start of a line is no request. */
static void put_roff(FILE *out, const char *text)
{
	bool line_start = true;

	for (; *text; text++) {
		if (line_start && (*text == '.' || *text == '\''))
			fputs("\\&", out);
		line_start = *text == '\n';
		if (*text == '-')
			fputs("\\-", out);
		else if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '\n' && text[1] == '\n')
			fputs("\n.PP", out);
		else
			fputc(*text, out);
	}
}

static void put_roff_options(FILE *out, const struct bd_option *options)
{
	for (size_t i = 0; options[i].name; i++) {
		if (options[i].kind == BD_OPTION_HEADING) {
			fputs(".PP\n.I ", out);
			put_roff(out, options[i].name);
			fputc('\n', out);
			continue;
		}
		fprintf(out, ".TP\n.B \\-\\-");
		put_roff(out, options[i].name);
		if (options[i].argument && options[i].argument[0] == '[')
			fprintf(out, "\\fR[=\\fI%.*s\\fR]", (int)strlen(options[i].argument) - 2,
				options[i].argument + 1);
		else if (options[i].argument)
			fprintf(out, " \\fI%s\\fR", options[i].argument);
		fputc('\n', out);
		put_roff(out, options[i].help);
		fputc('\n', out);
	}
}

static void put_roff_examples(FILE *out, const char *examples)
{
	for (const char *line = examples; *line; line = strchr(line, '\n') + 1) {
		char command[256];
		int length = (int)strcspn(line, "\t");
		snprintf(command, sizeof(command), "%.*s", length, line);
		fputs(".TP\n.B ", out);
		put_roff(out, command);
		fprintf(out, "\n%.*s\n", (int)strcspn(line + length + 1, "\n"), line + length + 1);
	}
}

static void put_roff_command(FILE *out, const struct bd_command *command)
{
	fprintf(out, ".SH \"xen\\-bigdisk %s %s\"\n", command->name, command->arguments);
	put_roff(out, command->description);
	fputc('\n', out);
	if (!command->commands) {
		put_roff_options(out, command->options);
		put_roff_options(out, common_options);
	}
	fputs(".PP\n.I Examples\n", out);
	put_roff_examples(out, command->examples);
}

/* A group, and then the commands in it. */
static void put_roff_commands(FILE *out, const struct bd_command *const *commands)
{
	for (; *commands; commands++) {
		put_roff_command(out, *commands);
		for (size_t i = 0; (*commands)->commands && (*commands)->commands[i]; i++)
			put_roff_command(out, (*commands)->commands[i]);
	}
}

void bd_program_manual(FILE *out)
{
	fputs(".TH XEN\\-BIGDISK 8 \"\" \"xen\\-bigdisk " BD_VERSION "\" \"System administration\"\n"
	      ".SH NAME\nxen\\-bigdisk \\- make and boot Xen guests on disk images that are real hard disks\n"
	      ".SH SYNOPSIS\n.B xen\\-bigdisk\n.I command\n[\\fIoptions\\fR]\n"
	      ".SH DESCRIPTION\n"
	      "A guest's disk is one sparse file with a partition table, a boot sector and an ext3 filesystem that\n"
	      "fits its partition. It is made without root, loop devices or mounts, gets a matching xl config, and\n"
	      "is booted through libxl.\n",
	      out);
	put_roff_commands(out, bd_commands);
	fputs(".SH \"EXIT STATUS\"\n", out);
	put_roff(out, exit_statuses);
	fputs("\n.SH ENVIRONMENT\n"
	      ".TP\n.B XEN_BIGDISK_CACHE\nthe folder for GRUB cores and kernels that can be made or fetched again\n"
	      ".TP\n.B XEN_BIGDISK_TEMPLATES\nthe folder of templates\n"
	      ".TP\n.B SOURCE_DATE_EPOCH\nthe time, in seconds, that is written into templates and disks instead of now\n"
	      ".TP\n.B XEN_BIGDISK_TOOLSTACK\nthe toolstack plugin to load instead of the one for the running Xen\n"
	      ".SH FILES\n"
	      ".TP\n.I " BD_SYSCONFDIR "/xen/NAME.cfg\nthe guest's xl config: its only description\n"
	      ".TP\n.I " BD_LOCALSTATEDIR "/lib/xen/images/NAME.img\nthe guest's disk\n"
	      ".TP\n.I " BD_LOCALSTATEDIR "/log/xen/xen\\-bigdisk\\-NAME.log\nwhat the guest's monitor did\n"
	      ".TP\n.I " BD_LOCALSTATEDIR "/lib/xen\\-bigdisk/templates\nthe templates of root\n"
	      ".TP\n.I " BD_LOCALSTATEDIR "/cache/xen\\-bigdisk\nthe cache of root\n"
	      ".SH \"SEE ALSO\"\n.BR xl (1),\n.BR xl.cfg (5)\n",
	      out);
}
