/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `start`: boots guests from their configs, as `xl create` does. */
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/progress.h"
#include "cli/command.h"
#include "cli/guest/loop.h"
#include "cli/stages_json.h"
#include "cli/wait_option.h"
#include "ops/guest/start.h"
#include "ops/host/boot.h"
#include "ops/host/boot_domain.h"

struct start_options {
	struct guest_options common;
	struct wait_options waiting;
	bool console;
};

#define AT(member) offsetof(struct start_options, member)

static const struct bd_option option_table[] = {
	WAIT_OPTION_ROWS(struct start_options,
			 "wait until the guest's userspace reports that it is up [default on a terminal]",
			 "return as soon as the domain is running", "how long to wait for each guest [120]"),
	{ BD_OPTION_FLAG, "console", NULL,
	  "show the bootloader's menu, then attach to the guest's console (Ctrl-] detaches)", AT(console) },
	GUEST_OPTION_ROWS(struct start_options),
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

struct starting {
	unsigned wait_s;
	bool console;
};

static int start_one(void *context, struct boot *boot, const struct bd_cfg *cfg, struct bd_json *json,
		     struct bd_error *err)
{
	struct starting *starting = context;
	enum guest_start_result result;

	boot->shows_boot_loader = starting->console && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	if (guest_start(boot, cfg, starting->wait_s, &result, err) != 0)
		return wait_option_advise(err);
	bd_progress_end(0);
	if (starting->console)
		return boot_console(boot, err);
	if (json) {
		bd_json_string(json, "state", "running");
		bd_json_uint(json, "domid", boot->domid);
		bd_json_bool(json, "changed", result == GUEST_STARTED);
		bd_json_bool(json, "monitor_attached", result == GUEST_GOT_MONITOR);
		bd_json_bool(json, "ready", boot->ready);
		bd_json_double(json, "create_seconds", boot->create_s);
		bd_json_double(json, "wait_seconds", boot->wait_s);
		stages_json(json, boot->stages.seconds);
	} else if (bd_log_level() >= BD_LOG_INFO) {
		bd_print(stdout, "%s is %s%s: domain %u%s\n", cfg->name, result == GUEST_STARTED ? "" : "already ",
			 boot->ready ? "up" : "running", boot->domid,
			 result == GUEST_GOT_MONITOR ? "; its monitor was gone and has been restarted" : "");
	}
	return 0;
}

static int run_start(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct start_options *options = options_pointer;
	struct starting starting = { .console = options->console };

	if (options->console && (options->common.json || options->waiting.wait || options->waiting.timeout))
		return bd_usage(err, "--console excludes --json, --wait and --timeout");
	if (options->console && arguments[1])
		return bd_usage(err, "--console takes exactly one guest");
	if (!options->console && wait_option_boot(&options->waiting, &starting.wait_s, err) != 0)
		return -1;
	return guest_loop_run(
		&(struct guest_loop){
			.options = &options->common, .verb = "start", .each = start_one, .context = &starting },
		arguments, err);
}

const struct bd_command bd_command_start = {
	.name = "start",
	.arguments = "NAME|CFG...",
	.summary = "boot guests from their configs",
	.description =
		"Boots each guest from its xl config, as xl create does. The argument is a guest's name, or the path "
		"of a config (containing a slash, or ending in .cfg). All keys of xl.cfg(5) mean what they mean to xl; "
		"what xl ignores, such as a key that it does not know, is ignored with a warning that has its line. A guest that is already running is left "
		"running, with status 0. If its monitor (the process behind it that applies on_poweroff, on_reboot "
		"and on_crash; see doctor, list and show) is gone, a new one is started, which the guest does not "
		"notice. The bootloader of a PV or PVH guest runs before there is a domain, beside those of other guests that are being started, "
		"with its output in /var/log/xen/bootloader-NAME.log; where the first disk is not a local file or block device "
		"in raw format, it is libxl that runs it, as under xl. A guest that was saved, by xendomains or xl save, is refused (status 5): xl restore brings "
		"it back.\n\n"
		"A guest in which nothing reports that it is up, as its config says by report=none in the line \"# xen-bigdisk:\" "
		"(Windows, BSD), is not waited for. On Ctrl-C, a domain that is being created is removed; one that is being waited for "
		"keeps running.\n\n" GUEST_SEVERAL_TEXT
		"--json prints an object with name, cfg, uuid, state (\"running\"), domid, changed (false: it was "
		"already running), monitor_attached (true: it had lost its monitor), ready, create_seconds, "
		"wait_seconds, stages (what these were spent on, an array of objects with stage and seconds: config, bootloader, lock "
		"(waiting for xl's lock, which is held while memory is taken), memory, domain, disks, device_model, network, "
		"unpause, guest (its report)); --verbose prints the same. " GUEST_SEVERAL_JSON_TEXT,
	.examples = "xen-bigdisk start web01\tboot it and wait until it is up\n"
		    "xen-bigdisk start web01 web02 --timeout 300\tboot both, waiting up to five minutes for each\n"
		    "xen-bigdisk start ./box.cfg --console\tboot a config in this directory and watch it\n",
	.statuses = "4567",
	.options = option_table,
	.options_size = sizeof(struct start_options),
	.run = run_start,
};
