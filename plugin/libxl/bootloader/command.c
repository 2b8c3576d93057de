/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes a boot loader's command line. */
#include "libxl/bootloader/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Beside the config's own arguments: the program, --kernel, --ramdisk, --args, --runas, --quiet, --output, --output-format,
 * --output-directory, the disk and the NULL. */
#define ARGUMENTS 11

static bool is_in(const char *folder, size_t length, const char *name, char path_out[PATH_MAX])
{
	int size = snprintf(path_out, PATH_MAX, "%.*s%s%s", (int)length, folder, length ? "/" : "", name);

	return size < PATH_MAX && access(path_out, X_OK) == 0;
}

static bool is_in_path(const char *name, char path_out[PATH_MAX])
{
	const char *at = getenv("PATH");

	/* An empty folder is the working directory. */
	for (at = at ? at : "/bin:/usr/bin"; at; at = strchr(at, ':') ? strchr(at, ':') + 1 : NULL)
		if (is_in(at, strcspn(at, ":"), name, path_out))
			return true;
	return false;
}

bool bd_bootloader_program(const char *name, const char *const *folders, char path_out[PATH_MAX])
{
	if (*name != '/')
		for (; *folders; folders++)
			if (is_in(*folders, strlen(*folders), name, path_out))
				return true;
	return strchr(name, '/') ? is_in("", 0, name, path_out) : is_in_path(name, path_out);
}

/* A line of arguments under construction. What could not be allocated is seen at its end. */
struct line {
	char **argv;
	size_t count;
	bool failed;
};

static void add(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct line *line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (vasprintf(&line->argv[line->count], format, args) < 0) {
		line->argv[line->count] = NULL;
		line->failed = true;
	} else {
		line->count++;
	}
	va_end(args);
}

/* What the config says of kernel, ramdisk and cmdline is for the boot loader to make something of. */
static void add_config(struct line *line, const libxl_domain_build_info *info)
{
	if (info->kernel)
		add(line, "--kernel=%s", info->kernel);
	if (info->ramdisk)
		add(line, "--ramdisk=%s", info->ramdisk);
	if (info->cmdline && *info->cmdline)
		add(line, "--args=%s", info->cmdline);
}

static void add_call(struct line *line, const struct bd_bootloader_call *call)
{
	if (call->restricted) {
		add(line, "--runas=%lu", (unsigned long)call->uid);
		add(line, "--quiet");
	}
	add(line, "--output=%s", call->output);
	add(line, "--output-format=simple0");
	add(line, "--output-directory=%s", call->directory);
}

int bd_bootloader_command(const libxl_domain_build_info *info, const struct bd_bootloader_call *call,
			  char ***argv_out, struct bd_error *err)
{
	size_t own = info->bootloader_args ? (size_t)libxl_string_list_length(&info->bootloader_args) : 0;
	struct line line = { .argv = calloc(own + ARGUMENTS, sizeof(*line.argv)) };

	if (!line.argv)
		return bd_no_memory(err);
	add(&line, "%s", call->program);
	add_config(&line, info);
	add_call(&line, call);
	for (size_t i = 0; i < own; i++)
		add(&line, "%s", info->bootloader_args[i]);
	add(&line, "%s", call->disk);
	if (line.failed) {
		bd_bootloader_command_free(&line.argv);
		return bd_no_memory(err);
	}
	*argv_out = line.argv;
	return 0;
}

void bd_bootloader_command_free(char ***argv)
{
	for (char **item = *argv; item && *item; item++)
		free(*item);
	free(*argv);
	*argv = NULL;
}
