/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command table; the only place that prints errors and exits. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "base/process/cancel.h"
#include "base/progress.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/completion.h"
#include "cli/help.h"
#include "cli/manual.h"
#include "events/event.h"

static int run_with(const struct bd_command *command, void *options, int argc, char **argv, struct bd_error *err)
{
	char **arguments;
	bool help;

	if (command->defaults)
		command->defaults(options);
	if (bd_command_parse(command, argc, argv, options, &arguments, &help, err) != 0)
		return -1;
	if (help) {
		bd_command_help(command, stdout);
		return 0;
	}
	if (bd_cancel_init(err) != 0)
		return -1;
	return command->run(options, arguments, err);
}

/* Whether the result was to be JSON, also where the command is not known or the options were not read to their end. An option
 * may be cut short. */
static bool wants_json(char **argv)
{
	for (; *argv && strcmp(*argv, "--") != 0; argv++)
		if (strlen(*argv) > strlen("--j") && strncmp("--json", *argv, strlen(*argv)) == 0)
			return true;
	return false;
}

/* On one line, as it may be the last of many. */
static void print_json_error(const struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_begin_line();
	struct bd_error ignored;

	bd_json_error(json, "error", err);
	bd_json_finish(json, &ignored);
}

static int run_command(const struct bd_command *command, int argc, char **argv, struct bd_error *err)
{
	BD_FREE void *options = calloc(1, command->options_size);

	if (!options)
		return bd_no_memory(err);
	bd_event_set_command(command->name);
	int r = run_with(command, options, argc, argv, err);
	/* A call that the signal has interrupted fails as others do, and says EINTR. */
	if (r != 0 && err->code == EINTR && err->kind == BD_KIND_FAILED)
		bd_cancel_check(err);
	bd_command_dispose_options(command, options);
	return r;
}

static int print_version(const char *argument)
{
	puts(argument && strcmp(argument, "--json") == 0 ? "{\"name\": \"xen-bigdisk\", \"version\": \"" BD_VERSION
							   "\"}"
							 : "xen-bigdisk " BD_VERSION);
	return 0;
}

static int print_help(const struct bd_command *command)
{
	if (command)
		bd_command_help(command, stdout);
	else
		bd_program_help(stdout);
	return 0;
}

/* What stands before the words of a command, or takes its place. "help" may stand before each of them. *command_out: the one that
 * is run. */
static int dispatch(int argc, char **argv, const struct bd_command **command_out, struct bd_error *err)
{
	static const char *const helps[] = { "help", "--help", "-h", NULL }, *const versions[] = { "version",
												   "--version", "-V",
												   NULL };
	const struct bd_command *command = NULL;
	bool help = false;
	int next = 1;

	if (argc > 1 && bd_text_is_any(argv[1], versions))
		return print_version(argv[2]);
	if (argc > 1 && strcmp(argv[1], "--manual") == 0)
		return bd_manual(argv[2], stdout, err);
	if (argc > 1 && strcmp(argv[1], "--completion") == 0)
		return bd_completion(argc > 2 ? argv[2] : "", stdout, err);
	for (; next < argc && (!command || command->commands); next++) {
		const char *name = argv[next];
		if (bd_text_is_any(name, helps)) {
			help = true;
			continue;
		}
		if (help && !command && bd_text_is_any(name, versions))
			break;
		if (name[0] == '-')
			return bd_usage(err, "options follow the command: xen-bigdisk %s%sCOMMAND %s",
					command ? command->name : "", command ? " " : "", name);
		const struct bd_command *found = bd_command_find(command ? command->commands : bd_commands, name);
		if (!found)
			return bd_command_unknown(command, name, err);
		command = found;
	}
	if (help || !command || command->commands)
		return print_help(command);
	*command_out = command;
	return run_command(command, argc - next + 1, argv + next - 1, err);
}

/* A command that stands for another program (check, for fsck(8)) has that one's. */
static int exit_status(const struct bd_command *command, const struct bd_error *err)
{
	if (bd_cancel_caused(err))
		return 128 + bd_cancel_signal();
	if (command && command->exit_status)
		return command->exit_status(err);
	return bd_error_status(err->kind);
}

/* A closed standard stream would be the number of the next file that is opened, and messages would go into it. */
static void fill_standard_streams(void)
{
	int fd;

	while ((fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0 && fd <= STDERR_FILENO)
		;
	if (fd > STDERR_FILENO)
		close(fd);
}

int main(int argc, char **argv)
{
	struct bd_error err = BD_ERROR_INIT;
	const struct bd_command *command = NULL;

	fill_standard_streams();
	bd_progress_init(BD_PROGRESS_AUTO);
	int r = dispatch(argc, argv, &command, &err);
	if (r != 0 && err.code != BD_EREPORTED && *err.message && wants_json(argv))
		print_json_error(&err);
	if (r == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		r = bd_fail(&err, EIO, "cannot write the output: %s", strerror(errno));
	bd_progress_end(r != 0);
	if (r == 0)
		return 0;
	if (*err.message)
		bd_log(BD_LOG_ERROR, "%s", err.message);
	return exit_status(command, &err);
}
