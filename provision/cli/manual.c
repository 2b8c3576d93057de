/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The manual pages of section 8. */
#include "cli/manual.h"

#include <string.h>

#include "cli/command.h"
#include "cli/help.h"
#include "cli/manual_fleet.h"
#include "cli/roff.h"

#define OVERVIEW "xen-bigdisk"
#define FLEET_PAGE "xen-bigdisk-fleet.5"
#define VOLUME "System administration"
#define NAME_SIZE 64

/* "xen-bigdisk-template-import" */
static void page_name(const struct bd_command *command, char name_out[NAME_SIZE])
{
	snprintf(name_out, NAME_SIZE, OVERVIEW "-%s", command->name);
	for (char *at = name_out; *at; at++)
		if (*at == ' ')
			*at = '-';
}

/* The next command after this one, the commands of a group behind it; NULL begins and ends. */
static const struct bd_command *next_command(const struct bd_command *command)
{
	bool found = !command;

	for (const struct bd_command *const *top = bd_commands; *top; top++) {
		if (found)
			return *top;
		found = *top == command;
		for (size_t i = 0; (*top)->commands && (*top)->commands[i]; i++) {
			if (found)
				return (*top)->commands[i];
			found = (*top)->commands[i] == command;
		}
	}
	return NULL;
}

static void put_options(FILE *out, const struct bd_option *options)
{
	for (; options->name; options++) {
		if (options->kind == BD_OPTION_HEADING) {
			fputs(".SS \"", out);
			bd_roff_literal(out, options->name);
			fputs("\"\n", out);
		}
		if (!bd_option_is_shown(options))
			continue;
		fputs(".TP\n.B \\-\\-", out);
		bd_roff_literal(out, options->name);
		if (bd_option_letter(options))
			fprintf(out, "\\fR, \\fB\\-%c", bd_option_letter(options));
		if (options->argument && options->argument[0] == '[')
			fprintf(out, "\\fR[=\\fI%.*s\\fR]", (int)strlen(options->argument) - 2,
				options->argument + 1);
		else if (options->argument)
			fprintf(out, " \\fI%s\\fR", options->argument);
		fputc('\n', out);
		char text[BD_OPTION_TEXT_SIZE];
		bd_option_describe(options, text);
		bd_roff_text(out, text);
	}
}

static void put_examples(FILE *out, const char *examples)
{
	char text[512];

	fputs(".SH EXAMPLES\n", out);
	for (const char *line = examples; *line; line = strchr(line, '\n') + 1) {
		int length = (int)strcspn(line, "\t");
		snprintf(text, sizeof(text), "%.*s", length, line);
		fputs(".TP\n.B ", out);
		bd_roff_literal(out, text);
		fputc('\n', out);
		snprintf(text, sizeof(text), "%.*s", (int)strcspn(line + length + 1, "\n"), line + length + 1);
		bd_roff_text(out, text);
	}
}

static void put_page_reference(FILE *out, const struct bd_command *command, const char *end)
{
	char name[NAME_SIZE];

	page_name(command, name);
	fputs(".BR ", out);
	bd_roff_literal(out, name);
	fprintf(out, " (8)%s\n", end);
}

static void put_summaries(FILE *out, const struct bd_command *const *commands)
{
	for (; *commands; commands++) {
		if (bd_command_title(*commands))
			fprintf(out, ".SS \"%s\"\n", bd_command_title(*commands));
		fputs(".TP\n", out);
		put_page_reference(out, *commands, "");
		bd_roff_text(out, (*commands)->summary);
		if ((*commands)->commands)
			put_summaries(out, (*commands)->commands);
	}
}

static void put_see_also(FILE *out, const struct bd_command *command)
{
	const char *blank = strchr(command->name, ' ');

	fputs(".SH \"SEE ALSO\"\n.BR xen\\-bigdisk (8),\n", out);
	for (const struct bd_command *const *group = bd_commands; blank && *group; group++)
		if ((*group)->commands && strncmp((*group)->name, command->name, strlen((*group)->name)) == 0)
			put_page_reference(out, *group, ",");
	if (strncmp(command->name, "fleet", 5) == 0)
		fputs(".BR xen\\-bigdisk\\-fleet (5),\n", out);
	fputs(".BR xl (1),\n.BR xl.cfg (5)\n", out);
}

static void put_command_page(FILE *out, const struct bd_command *command)
{
	const char *arguments = command->commands ? "COMMAND" : command->arguments;
	char name[NAME_SIZE];

	page_name(command, name);
	bd_roff_begin(out, name, 8, VOLUME, command->summary);
	fputs(".SH SYNOPSIS\n.B xen\\-bigdisk ", out);
	bd_roff_literal(out, command->name);
	if (*arguments) {
		fputs("\n.I ", out);
		bd_roff_literal(out, arguments);
	}
	fputs("\n[\\fIoptions\\fR]\n.SH DESCRIPTION\n", out);
	bd_roff_text(out, command->description);
	if (command->commands) {
		fputs(".SH COMMANDS\n", out);
		put_summaries(out, command->commands);
	} else {
		fputs(".SH OPTIONS\n", out);
		put_options(out, command->options);
		put_options(out, bd_common_options);
	}
	put_examples(out, command->examples);
	if (!command->commands)
		bd_roff_exit_statuses(out, command);
	put_see_also(out, command);
}

static void put_overview(FILE *out)
{
	bd_roff_begin(out, OVERVIEW, 8, VOLUME, "create and boot Xen guests on disk images that are real hard disks");
	fputs(".SH SYNOPSIS\n.B xen\\-bigdisk\n.I COMMAND\n[\\fIoptions\\fR]\n.br\n"
	      ".B xen\\-bigdisk help\n[\\fICOMMAND\\fR]\n.br\n.B xen\\-bigdisk \\-\\-version\n"
	      ".SH DESCRIPTION\n"
	      "A guest's disk is one sparse file with a partition table, a boot sector and\n"
	      "an ext3 filesystem that fits its partition. It is made without root, loop\n"
	      "devices or mounts, gets a matching xl config, and is booted through libxl.\n"
	      ".SH COMMANDS\n",
	      out);
	put_summaries(out, bd_commands);
	fputs(".SH OPTIONS\n", out);
	put_options(out, bd_common_options);
	bd_roff_exit_statuses(out, NULL);
	fputs(".SH ENVIRONMENT\n"
	      ".TP\n.B NO_COLOR\nif not empty, disables colours and bold; so does\n.B TERM\nset to dumb\n"
	      ".TP\n.B SOURCE_DATE_EPOCH\nthe time, in seconds since the epoch, to write into templates and disks\n"
	      "instead of the current time\n"
	      ".TP\n.B XEN_BIGDISK_CACHE\nthe cache directory, for GRUB cores, kernels and what\ntemplates are imported from by URLs\n"
	      ".TP\n.B XEN_BIGDISK_DEFAULTS\nthe file with this host's defaults for new guests, by an absolute path\n"
	      ".TP\n.B XEN_BIGDISK_JOURNAL\nthe socket of the journal that is told of guests, by an absolute path; empty: none is\n"
	      ".TP\n.B XEN_BIGDISK_LOCKS\nthe directory for the locks on guests and templates, owned by the user and\n"
	      "writable by nobody else; commands with different directories do not see each\n"
	      "other's locks\n"
	      ".TP\n.B XEN_BIGDISK_STATE\nthe directory for the records of guests, by an absolute path\n"
	      ".TP\n.B XEN_BIGDISK_TEMPLATES\nthe template directory\n"
	      ".TP\n.B XEN_BIGDISK_TOOLSTACK\nthe toolstack plugin to load instead of the one for the running Xen\n"
	      ".SH UPGRADES\n"
	      "A guest that runs has a monitor, a process of this program. It runs the program and the plugin that it\n"
	      "was started with until its guest ends, also when they are upgraded; no package ends it.\n"
	      ".BR xen\\-bigdisk\\-doctor (8)\n"
	      "names such monitors. To give a guest that keeps running a new one, end the process, then\n"
	      ".B xen\\-bigdisk start\n.IR GUEST .\n"
	      "It also names a Xen in /boot that has no plugin, before the host is booted with it.\n"
	      ".SH FILES\n"
	      ".TP\n.I " BD_SYSCONFDIR "/xen\\-bigdisk/defaults.json\nthis host's defaults for new guests:\n"
	      ".BR xen\\-bigdisk\\-fleet (5)\n"
	      ".TP\n.I " BD_SYSCONFDIR "/xen/NAME.cfg\nthe guest's xl config: its only description\n"
	      ".TP\n.I " BD_LOCALSTATEDIR "/lib/xen/images/NAME.img\nthe guest's disk\n"
	      ".TP\n.I " BD_LOCALSTATEDIR "/log/xen/xen\\-bigdisk\\-NAME.log\nthe log of the guest's monitor\n"
	      ".TP\n.I " BD_LOCALSTATEDIR
	      "/log/xen/bootloader\\-NAME.log\nwhat the guest's boot loader printed at its last start\n"
	      ".TP\n.I " BD_LOCALSTATEDIR
	      "/lib/xen\\-bigdisk/guests\nhow often each guest was started, rebooted and crashed, for\n"
	      ".BR xen\\-bigdisk\\-metrics (8)\n"
	      ".TP\n.I " BD_LOCALSTATEDIR "/lib/xen\\-bigdisk/templates\nroot's templates\n"
	      ".TP\n.I " BD_LOCALSTATEDIR "/cache/xen\\-bigdisk\nroot's cache\n"
	      ".TP\n.I /run/xen\\-bigdisk\nroot's locks; those of other users are in their caches\n"
	      ".TP\n.I " BD_DATADIR "\nJSON schemas of input and output, and the recipes of templates\n"
	      ".TP\n.I " BD_DOCDIR "\nREADME.md, documentation of templates, Ganeti and Ansible, and example manifests and xl configs\n"
	      ".SH \"SEE ALSO\"\n.BR xen\\-bigdisk\\-fleet (5),\n.BR xl (1),\n.BR xl.cfg (5)\n",
	      out);
}

static void put_names(FILE *out)
{
	char name[NAME_SIZE];

	fprintf(out, "%s.8\n%s\n", OVERVIEW, FLEET_PAGE);
	for (const struct bd_command *command = NULL; (command = next_command(command));) {
		page_name(command, name);
		fprintf(out, "%s.8\n", name);
	}
}

int bd_manual(const char *page, FILE *out, struct bd_error *err)
{
	char name[NAME_SIZE];

	if (!page) {
		put_names(out);
		return 0;
	}
	if (strcmp(page, OVERVIEW ".8") == 0) {
		put_overview(out);
		return 0;
	}
	if (strcmp(page, FLEET_PAGE) == 0) {
		bd_manual_fleet(out);
		return 0;
	}
	for (const struct bd_command *command = NULL; (command = next_command(command));) {
		page_name(command, name);
		size_t length = strlen(name);
		if (strncmp(page, name, length) == 0 && strcmp(page + length, ".8") == 0) {
			put_command_page(out, command);
			return 0;
		}
	}
	return bd_usage(err, "--manual: unknown page \"%s\"; --manual alone lists them", page);
}
