/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `config`: what libxl would be given for a cfg, as JSON; a check of a cfg without a hypervisor. */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "cmd/boot.h"
#include "cmd/cfg_path.h"
#include "cmd/command.h"
#include "toolstack/loader.h"

struct config_options {
	const char *dir;
	bool json;
};

static const struct bd_option option_table[] = {
	{ BD_OPTION_HEADING, "Options", NULL, NULL, 0 },
	{ BD_OPTION_TEXT, "dir", "DIR", "the folder of NAME.cfg [" BD_SYSCONFDIR "/xen]",
	  offsetof(struct config_options, dir) },
	{ BD_OPTION_FLAG, "json", NULL, "print JSON, which is what it does anyway",
	  offsetof(struct config_options, json) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static void emit(void *context, const char *text, size_t size_bytes)
{
	fwrite(text, 1, size_bytes, context);
}

static void ignore_line(void *context, enum bd_toolstack_log_level level, const char *line)
{
	(void)context;
	(void)level;
	(void)line;
}

static int run_config(void *options_pointer, int argc, char **argv, struct bd_error *err)
{
	const struct config_options *options = options_pointer;
	BD_DISPOSE(bd_toolstack_unload) struct bd_loaded_toolstack toolstack = { 0 };
	const struct bd_toolstack_host host = { .struct_size = sizeof(host),
						.log = ignore_line,
						.cancel_fd = -1,
						.log_dir = BD_LOCALSTATEDIR "/log/xen" };
	struct bd_toolstack_error failure = { 0, 0, "" };
	char cfg_path[PATH_MAX];

	(void)argc;
	if (bd_cfg_path(argv[0], options->dir, cfg_path, err) != 0 || bd_toolstack_load(false, &toolstack, err) != 0)
		return -1;
	if (toolstack.plugin->describe(&host, cfg_path, emit, stdout, &failure) != 0)
		return boot_carry(&failure, err);
	return 0;
}

const struct bd_command bd_command_config = {
	.name = "config",
	.arguments = "NAME|CFG",
	.summary = "check a config, and print what libxl is given for it",
	.description =
		"Reads an xl config as `start` does, refuses what it does not know by name and line, and prints the "
		"libxl_domain_config that comes of it as JSON, as xl create --dryrun does. It needs no running Xen.",
	.examples = "xen-bigdisk config web01\tthe guest's config as libxl sees it\n",
	.options = option_table,
	.min_arguments = 1,
	.max_arguments = 1,
	.options_size = sizeof(struct config_options),
	.run = run_config,
};
