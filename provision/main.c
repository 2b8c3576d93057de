/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command table; the only place that prints errors and exits. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/process/cancel.h"
#include "base/progress.h"
#include "cli/command.h"

/* By the last word of their names. */
static const struct bd_command *find_command(const struct bd_command *const *commands, const char *name)
{
	for (size_t i = 0; commands[i]; i++) {
		const char *blank = strrchr(commands[i]->name, ' ');
		if (strcmp(blank ? blank + 1 : commands[i]->name, name) == 0)
			return commands[i];
	}
	return NULL;
}

static int run_with(const struct bd_command *command, void *options, int argc, char **argv, struct bd_error *err)
{
	char **arguments;
	int count;
	bool help;

	if (command->defaults)
		command->defaults(options);
	if (bd_command_parse(command, argc, argv, options, &count, &arguments, &help, err) != 0)
		return -1;
	if (help) {
		bd_command_help(command, stdout);
		return 0;
	}
	if (bd_cancel_init(err) != 0)
		return -1;
	return command->run(options, count, arguments, err);
}

static int run_command(const struct bd_command *command, int argc, char **argv, struct bd_error *err)
{
	BD_FREE void *options = calloc(1, command->options_size);

	if (!options)
		return bd_no_memory(err);
	int r = run_with(command, options, argc, argv, err);
	bd_command_dispose_options(command, options);
	return r;
}

static int no_command(const struct bd_command *group, const char *name, struct bd_error *err)
{
	return bd_usage(err, "there is no command \"%s%s%s\"; see xen-bigdisk %s%s", group ? group->name : "",
			group ? " " : "", name, group ? group->name : "", group ? " --help" : "help");
}

/* names: "new", or "template" and "import"; ends with a NULL. */
static int help(char **names, struct bd_error *err)
{
	const struct bd_command *const *commands = bd_commands, *command = NULL;

	for (; *names && commands; names++) {
		const struct bd_command *group = command;
		command = find_command(commands, *names);
		if (!command)
			return no_command(group, *names, err);
		commands = command->commands;
	}
	if (command)
		bd_command_help(command, stdout);
	else
		bd_program_help(stdout);
	return 0;
}

static int run_in_group(const struct bd_command *group, int argc, char **argv, struct bd_error *err)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	if (!name)
		return bd_usage(err, "a command is missing; see xen-bigdisk %s --help", group->name);
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
		bd_command_help(group, stdout);
		return 0;
	}
	const struct bd_command *command = find_command(group->commands, name);
	return command ? run_command(command, argc - 1, argv + 1, err) : no_command(group, name, err);
}

/* page: NULL for that of the program. */
static int manual(const char *page, struct bd_error *err)
{
	if (page && strcmp(page, "fleet") != 0)
		return bd_usage(err, "--manual: there is no page \"%s\"; there is \"fleet\"", page);
	if (page)
		bd_fleet_manual(stdout);
	else
		bd_program_manual(stdout);
	return 0;
}

static int dispatch(int argc, char **argv, struct bd_error *err)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	if (!name)
		return bd_usage(err, "a command is missing; see xen-bigdisk help");
	if (strcmp(name, "help") == 0)
		return help(argv + 2, err);
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		return help(argv + argc, err);
	if (strcmp(name, "--manual") == 0)
		return manual(argv[2], err);
	if (strcmp(name, "--completion") == 0)
		return bd_completion(argc > 2 ? argv[2] : "", stdout, err);
	if (strcmp(name, "version") == 0 || strcmp(name, "--version") == 0) {
		bool json = argc > 2 && strcmp(argv[2], "--json") == 0;
		puts(json ? "{\"name\": \"xen-bigdisk\", \"version\": \"" BD_VERSION "\"}"
			  : "xen-bigdisk " BD_VERSION);
		return 0;
	}
	const struct bd_command *command = find_command(bd_commands, name);
	if (!command)
		return no_command(NULL, name, err);
	if (command->commands)
		return run_in_group(command, argc - 1, argv + 1, err);
	return run_command(command, argc - 1, argv + 1, err);
}

/* The ones that a script may want to tell from each other; help.c documents them. */
static int exit_status(const struct bd_error *err)
{
	static const int statuses[BD_KIND_COUNT] = {
		[BD_KIND_FAILED] = 1, [BD_KIND_USAGE] = 2,   [BD_KIND_EXISTS] = 3,	  [BD_KIND_NOT_FOUND] = 4,
		[BD_KIND_IN_USE] = 5, [BD_KIND_NO_ROOM] = 6, [BD_KIND_NO_HYPERVISOR] = 7, [BD_KIND_CANCELED] = 1,
	};

	if (err->kind == BD_KIND_CANCELED && bd_cancel_signal())
		return 128 + bd_cancel_signal();
	return statuses[err->kind];
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

	fill_standard_streams();
	bd_progress_init(BD_PROGRESS_AUTO);
	int r = dispatch(argc, argv, &err);
	if (r == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		r = bd_fail(&err, EIO, "cannot write the output: %s", strerror(errno));
	/* A call that the signal has interrupted fails as others do, and says EINTR. */
	if (r != 0 && err.code == EINTR && err.kind == BD_KIND_FAILED)
		bd_cancel_check(&err);
	bd_progress_end(r != 0);
	if (r == 0)
		return 0;
	if (*err.message)
		bd_log(BD_LOG_ERROR, "%s", err.message);
	return exit_status(&err);
}
