/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `config`: checks a config without a hypervisor, and prints what libxl would get from it as JSON. */
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
	{ BD_OPTION_TEXT, "dir", "DIR", "directory of NAME.cfg [" BD_SYSCONFDIR "/xen]",
	  offsetof(struct config_options, dir) },
	{ BD_OPTION_FLAG, "json", NULL, "print JSON (the default)", offsetof(struct config_options, json) },
	{ BD_OPTION_FLAG, "from-domain", NULL,
	  "print a config for a running domain (its name or domid) from libxl's data about it",
	  offsetof(struct config_options, from_domain) },
	{ BD_OPTION_FLAG, "from-image", NULL, "print a config for a disk image from its contents",
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
	.arguments = "NAME|CFG|IMAGE",
	.summary = "check a config and print what libxl gets from it",
	.description =
		"Reads an xl config as `start` does, warns of everything that xl ignores, with its line, and prints the "
		"resulting libxl_domain_config as JSON, like xl create --dryrun. Xen need not be running.\n\n"
		"If a guest's config is lost, --from-domain recreates it while the guest is running. Its argument is "
		"the domain's name or domid; the result has everything that a config can have, except passed-through "
		"devices and the like, which are named in a comment. --from-image recreates the config for a disk "
		"that no domain uses, as far as the image identifies its guest: the MAC address and UUID that new "
		"wrote into it; the rest is as for a new guest. Both print the config and change nothing.",
	.examples =
		"xen-bigdisk config web01\tthe guest's config as libxl sees it\n"
		"xen-bigdisk config --from-domain web01 >/etc/xen/web01.cfg\trecreate the lost config of a running guest\n",
	.statuses = "47",
	.options = option_table,
	.options_size = sizeof(struct config_options),
	.run = run_config,
};
