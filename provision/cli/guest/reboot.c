/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `reboot`: asks guests to reboot, and waits for them to be up again. */
#include <stddef.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/progress.h"
#include "cli/command.h"
#include "cli/guest/loop.h"
#include "cli/wait_option.h"
#include "ops/guest/reboot.h"
#include "ops/host/boot.h"

struct reboot_options {
	struct guest_options common;
	struct wait_options waiting;
};

static const struct bd_option option_table[] = {
	WAIT_OPTION_ROWS(struct reboot_options,
			 "wait until the guest's userspace reports that it is up again [default on a terminal]",
			 "return as soon as the guest has been asked", "how long to wait for each guest [120]"),
	GUEST_OPTION_ROWS(struct reboot_options),
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static int reboot_one(void *context, struct boot *boot, const struct bd_cfg *cfg, struct bd_json *json,
		      struct bd_error *err)
{
	unsigned wait_s = *(const unsigned *)context;
	double begin_s = bd_progress_elapsed_s();

	if (guest_reboot(boot, cfg, wait_s, err) != 0)
		return wait_option_advise(err);
	bd_progress_end(0);
	if (json) {
		bd_json_string(json, "state", wait_s ? "running" : "rebooting");
		bd_json_uint(json, "domid", boot->domid);
		bd_json_bool(json, "ready", boot->ready);
		bd_json_double(json, "wait_seconds", wait_s ? bd_progress_elapsed_s() - begin_s : 0);
	} else if (bd_log_level() >= BD_LOG_INFO) {
		bd_print(stdout, "%s %s: domain %u\n", cfg->name, boot->ready ? "is up again" : "was asked to reboot",
			 boot->domid);
	}
	return 0;
}

static int run_reboot(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct reboot_options *options = options_pointer;
	unsigned wait_s;

	if (wait_option_boot(&options->waiting, &wait_s, err) != 0)
		return -1;
	return guest_loop_run(
		&(struct guest_loop){
			.options = &options->common, .verb = "reboot", .each = reboot_one, .context = &wait_s },
		arguments, err);
}

const struct bd_command bd_command_reboot = {
	.name = "reboot",
	.arguments = "NAME|CFG...",
	.summary = "reboot guests",
	.description =
		"Asks each guest to reboot; with --wait, it then waits until the guest reports that it is up, in a "
		"new domain with a new domid. That domain is created from the config as it is by then. A guest that "
		"is not running, is paused or has ended is an error. One that has lost its monitor (see start) gets "
		"a new one first. A guest in which nothing reports that it is up (see start) is waited for until its new domain is there.\n\n" GUEST_SEVERAL_TEXT
		"--json prints an object with name, cfg, uuid, state (\"running\", or \"rebooting\" without "
		"waiting), domid, ready and wait_seconds. " GUEST_SEVERAL_JSON_TEXT,
	.examples = "xen-bigdisk reboot web01 --wait\treturns when it is up again\n"
		    "xen-bigdisk reboot web01 web02 --no-wait\tboth, without waiting\n",
	.statuses = "457",
	.options = option_table,
	.options_size = sizeof(struct reboot_options),
	.run = run_reboot,
};
