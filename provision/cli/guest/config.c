/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `config`: what libxl would be given for a cfg, as JSON; a check of a cfg without a hypervisor. */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/command.h"
#include "ops/guest/cfg_check.h"
#include "ops/guest/names.h"
#include "ops/guest/recovered.h"
#include "ops/guest/recovered_image.h"
#include "ops/host/boot.h"
#include "toolstack/loader.h"

struct config_options {
	const char *dir;
	bool json, from_domain, from_image;
};

static const struct bd_option option_table[] = {
	{ BD_OPTION_TEXT, "dir", "DIR", "the folder of NAME.cfg [" BD_SYSCONFDIR "/xen]",
	  offsetof(struct config_options, dir) },
	{ BD_OPTION_FLAG, "json", NULL, "print JSON, which is what it does anyway",
	  offsetof(struct config_options, json) },
	{ BD_OPTION_FLAG, "from-domain", NULL,
	  "write a config for a running domain (its name or domid) from what libxl keeps of it",
	  offsetof(struct config_options, from_domain) },
	{ BD_OPTION_FLAG, "from-image", NULL, "write a config for a disk image from what is in it",
	  offsetof(struct config_options, from_image) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static void emit(void *context, const char *text, size_t size_bytes)
{
	fwrite(text, 1, size_bytes, context);
}

static int print_text(const char *text, struct bd_error *err)
{
	if (fputs(text, stdout) < 0 || fflush(stdout) != 0)
		return bd_fail_errno(err, "cannot write to the standard output");
	return 0;
}

static int run_from_domain(const char *argument, struct bd_error *err)
{
	BD_FREE char *text = NULL;

	return recovered_domain_find(argument, &text, err) == 0 ? print_text(text, err) : -1;
}

static int run_from_image(const char *argument, struct bd_error *err)
{
	char path[PATH_MAX];
	BD_FREE char *text = NULL;

	if (!realpath(argument, path))
		return bd_fail_lookup(err, "cannot find %s", argument);
	return recovered_image_text(path, &text, err) == 0 ? print_text(text, err) : -1;
}

static int run_config(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct config_options *options = options_pointer;
	BD_DISPOSE(bd_toolstack_unload) struct bd_loaded_toolstack toolstack = { 0 };
	char cfg_path[PATH_MAX];

	if (options->from_domain + options->from_image + (options->dir != NULL) > 1)
		return bd_usage(err, "--from-domain, --from-image and --dir cannot be used together");
	if (options->json && (options->from_domain || options->from_image))
		return bd_usage(err, "--from-domain and --from-image write a config, not JSON");
	if (options->from_domain)
		return run_from_domain(arguments[0], err);
	if (options->from_image)
		return run_from_image(arguments[0], err);
	if (guest_cfg_path(arguments[0], options->dir, cfg_path, err) != 0 ||
	    bd_toolstack_load(false, &toolstack, err) != 0)
		return -1;
	return cfg_describe(&toolstack, cfg_path, emit, stdout, err);
}

const struct bd_command bd_command_config = {
	.name = "config",
	.arguments = "NAME|CFG",
	.summary = "check a config, and print what libxl gets from it",
	.description =
		"Reads an xl config as `start` does, refuses what it does not know by name and line, and prints the "
		"libxl_domain_config that comes of it as JSON, as xl create --dryrun does. It needs no running Xen.\n\n"
		"Where a guest's own config is gone, --from-domain writes one while the guest still runs: its argument is the "
		"domain's name or domid, and it tells of all that the config can have but for passed-through devices and the "
		"like, which are named in a comment. --from-image writes one for a disk that no domain runs on, as far as the "
		"image knows its guest: the MAC address and UUID that new has put into it; the rest is as for a new guest. Both "
		"print the config, and change nothing.",
	.examples =
		"xen-bigdisk config web01\tthe guest's config as libxl sees it\n"
		"xen-bigdisk config --from-domain web01 >/etc/xen/web01.cfg\tit runs, and its config was removed\n",
	.statuses = "47",
	.options = option_table,
	.options_size = sizeof(struct config_options),
	.run = run_config,
};
