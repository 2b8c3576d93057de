/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xen-bigdisk(8) as roff, from the tables of commands and options. */
#include <string.h>

#include "cli/command.h"
#include "cli/help.h"

/* A dash as it is typed; a dot or quote at the start of a line is no request. */
void bd_put_roff(FILE *out, const char *text)
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
		if (options[i].kind == BD_OPTION_ALIAS)
			continue;
		if (options[i].kind == BD_OPTION_HEADING) {
			fputs(".PP\n.I ", out);
			bd_put_roff(out, options[i].name);
			fputc('\n', out);
			continue;
		}
		fprintf(out, ".TP\n.B \\-\\-");
		bd_put_roff(out, options[i].name);
		if (options[i].argument && options[i].argument[0] == '[')
			fprintf(out, "\\fR[=\\fI%.*s\\fR]", (int)strlen(options[i].argument) - 2,
				options[i].argument + 1);
		else if (options[i].argument)
			fprintf(out, " \\fI%s\\fR", options[i].argument);
		fputc('\n', out);
		char text[BD_OPTION_TEXT_SIZE];
		bd_option_describe(&options[i], text);
		bd_put_roff(out, text);
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
		bd_put_roff(out, command);
		fprintf(out, "\n%.*s\n", (int)strcspn(line + length + 1, "\n"), line + length + 1);
	}
}

static void put_roff_command(FILE *out, const struct bd_command *command)
{
	const char *arguments = command->commands ? "COMMAND" : command->arguments;

	fprintf(out, ".SH \"xen\\-bigdisk %s%s%s\"\n", command->name, arguments[0] ? " " : "", arguments);
	bd_put_roff(out, command->description);
	fputc('\n', out);
	if (!command->commands) {
		put_roff_options(out, command->options);
		put_roff_options(out, bd_common_options);
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

void bd_put_roff_exit_statuses(FILE *out)
{
	fputs(".SH \"EXIT STATUS\"\n", out);
	for (const struct bd_exit_status *row = bd_exit_statuses; row->status; row++) {
		fprintf(out, ".TP\n.B %s\n", row->status);
		bd_put_roff(out, row->meaning);
		fputc('\n', out);
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
	bd_put_roff_exit_statuses(out);
	fputs(".SH ENVIRONMENT\n"
	      ".TP\n.B XEN_BIGDISK_CACHE\nthe folder for GRUB cores and kernels that can be made or fetched again\n"
	      ".TP\n.B XEN_BIGDISK_LOCKS\nthe folder of the locks on guests and templates, which belongs to the user and which\n"
	      "nobody else may write to; two commands with different folders do not see each other's locks\n"
	      ".TP\n.B XEN_BIGDISK_TEMPLATES\nthe folder of templates\n"
	      ".TP\n.B SOURCE_DATE_EPOCH\nthe time, in seconds, that is written into templates and disks instead of now\n"
	      ".TP\n.B XEN_BIGDISK_TOOLSTACK\nthe toolstack plugin to load instead of the one for the running Xen\n"
	      ".SH FILES\n"
	      ".TP\n.I " BD_SYSCONFDIR "/xen/NAME.cfg\nthe guest's xl config: its only description\n"
	      ".TP\n.I " BD_LOCALSTATEDIR "/lib/xen/images/NAME.img\nthe guest's disk\n"
	      ".TP\n.I " BD_LOCALSTATEDIR "/log/xen/xen\\-bigdisk\\-NAME.log\nwhat the guest's monitor did\n"
	      ".TP\n.I " BD_LOCALSTATEDIR "/lib/xen\\-bigdisk/templates\nthe templates of root\n"
	      ".TP\n.I " BD_LOCALSTATEDIR "/cache/xen\\-bigdisk\nthe cache of root\n"
	      ".TP\n.I /run/xen\\-bigdisk\nthe locks of root; those of other users are in their cache\n"
	      ".SH \"SEE ALSO\"\n.BR xen\\-bigdisk\\-fleet (5),\n.BR xl (1),\n.BR xl.cfg (5)\n",
	      out);
}
