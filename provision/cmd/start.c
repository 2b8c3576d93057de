/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `start`: boots a guest from its cfg, as `xl create` does. */
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/progress.h"
#include "cmd/boot.h"
#include "cmd/cfg_path.h"
#include "cmd/command.h"

struct start_options {
	const char *dir, *wait;
	bool no_wait, console, json;
};

#define AT(member) offsetof(struct start_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_HEADING, "Options", NULL, NULL, 0 },
	{ BD_OPTION_TEXT, "dir", "DIR", "the folder of NAME.cfg [" BD_SYSCONFDIR "/xen]", AT(dir) },
	{ BD_OPTION_TEXT, "wait", "[SECONDS]",
	  "wait until the guest's userspace says that it is up [120 s; the default on "
	  "a terminal]",
	  AT(wait) },
	{ BD_OPTION_FLAG, "no-wait", NULL, "return as soon as the domain runs", AT(no_wait) },
	{ BD_OPTION_FLAG, "console", NULL, "become the guest's console once the domain runs (leave it with Ctrl-])",
	  AT(console) },
	{ BD_OPTION_FLAG, "json", NULL, "print the result as a JSON object on stdout", AT(json) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static int report(const struct boot *boot, const char *cfg_path, bool as_json, struct bd_error *err)
{
	char uuid[BD_UUID_TEXT_SIZE];

	bd_format_uuid(boot->uuid, uuid);
	if (!as_json && bd_log_level() < BD_LOG_INFO)
		return 0;
	if (!as_json) {
		printf("%s is %s: domain %u\n", cfg_path, boot->ready ? "up" : "running", boot->domid);
		return 0;
	}
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_new();
	if (!json)
		return bd_fail(err, ENOMEM, "out of memory");
	bd_json_open_object(json, NULL);
	bd_json_string(json, "cfg", cfg_path);
	bd_json_string(json, "uuid", uuid);
	bd_json_string(json, "state", "running");
	bd_json_uint(json, "domid", boot->domid);
	bd_json_bool(json, "ready", boot->ready);
	bd_json_double(json, "create_seconds", boot->create_s);
	bd_json_double(json, "wait_seconds", boot->wait_s);
	bd_json_close_object(json);
	return bd_json_print(json, stdout, err);
}

static int run_start(void *options_pointer, int argc, char **argv, struct bd_error *err)
{
	const struct start_options *options = options_pointer;
	BD_DISPOSE(boot_dispose) struct boot boot;
	char cfg_path[PATH_MAX];
	unsigned wait_s;

	(void)argc;
	boot_init(&boot);
	if (options->console && (options->json || options->wait))
		return bd_usage(err, "--console excludes --json and --wait");
	if (options->json)
		bd_progress_init(BD_PROGRESS_OFF);
	if (boot_wait_option(options->wait, options->no_wait, &wait_s, err) != 0 ||
	    bd_cfg_path(argv[0], options->dir, cfg_path, err) != 0 || boot_load(&boot, err) != 0)
		return -1;

	bd_progress_stage("starting the domain", 0);
	if (boot_create(&boot, cfg_path, err) != 0)
		return bd_wrap(err, "cannot start %s", argv[0]);
	if (options->console)
		return boot_console(&boot, err);
	if (wait_s) {
		bd_progress_stage("waiting for the guest to be up", 0);
		if (boot_wait(&boot, argv[0], wait_s, err) != 0)
			return -1;
	}
	bd_progress_end(0);
	return report(&boot, cfg_path, options->json, err);
}

const struct bd_command bd_command_start = {
	.name = "start",
	.arguments = "NAME|CFG",
	.summary = "boot a guest from its config",
	.description =
		"Boots the guest from its xl config, as xl create does: what the file says is what runs. The argument is a "
		"guest's name, or the path of a config (with a slash in it, or ending in .cfg). A key that this program "
		"does not know is refused by name and line; xl create takes it.\n\n"
		"On Ctrl-C while the domain is made no domain is left; while it is waited for, it goes on running.",
	.examples = "xen-bigdisk start web01\tboot it and wait until it is up\n"
		    "xen-bigdisk start ./box.cfg --console\tboot a config of this folder and watch it\n",
	.options = option_table,
	.min_arguments = 1,
	.max_arguments = 1,
	.options_size = sizeof(struct start_options),
	.run = run_start,
};
