/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `wait`: waits until a guest is up, or gone. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/progress.h"
#include "cli/command.h"
#include "cli/guest/loop.h"
#include "cli/wait_option.h"
#include "ops/guest/monitor.h"
#include "ops/guest/wait.h"
#include "ops/host/boot.h"
#include "ops/host/boot_domain.h"

struct wait_command_options {
	struct guest_options common;
	const char *what;
	struct wait_options waiting;
};

#define AT(member) offsetof(struct wait_command_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_TEXT, "for", "WHAT",
	  "ready: its userspace reports that it is up; kernel: its kernel listens to Xen; gone: its domain no "
	  "longer exists [ready]",
	  AT(what) },
	{ BD_OPTION_TEXT, "timeout", "SECONDS", "how long to wait for each guest [120]", AT(waiting.timeout) },
	{ BD_OPTION_ALIAS, "wait", "SECONDS", "timeout", 0 },
	GUEST_OPTION_ROWS(struct wait_command_options),
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

/* In the order of enum bd_toolstack_wait_for. */
static const struct {
	const char *name, *done, *state;
} goals[] = {
	{ "ready", "is up", "running" },
	{ "kernel", "listens to Xen", "running" },
	{ "gone", "is gone", "stopped" },
};

struct waiting {
	enum bd_toolstack_wait_for what;
	unsigned seconds;
};

static int wait_one(void *context, struct boot *boot, const struct bd_cfg *cfg, struct bd_json *json,
		    struct bd_error *err)
{
	struct waiting *waiting = context;
	bool gone = waiting->what == BD_TOOLSTACK_WAIT_GONE, found;
	struct bd_toolstack_domain domain;
	double begin_s = bd_progress_elapsed_s();

	if (guest_wait_find(boot, cfg, waiting->what, &domain, &found, err) != 0)
		return -1;
	if (found && guest_monitor_is_lost(&domain))
		bd_warn("%s (domain %u) has no monitor process: nothing will handle its power-off or reboot; restart the "
			"monitor: xen-bigdisk start %s",
			cfg->name, domain.domid, cfg->path);
	if (guest_wait(boot, cfg, waiting->what, waiting->seconds, &domain, &found, err) != 0)
		return wait_option_advise(err);
	bd_progress_end(0);
	if (json) {
		bd_json_string(json, "state", goals[waiting->what].state);
		if (found)
			bd_json_uint(json, "domid", domain.domid);
		if (!gone)
			bd_json_bool(json, "ready", waiting->what == BD_TOOLSTACK_WAIT_READY);
		bd_json_double(json, "wait_seconds", bd_progress_elapsed_s() - begin_s);
	} else if (bd_log_level() >= BD_LOG_INFO && found) {
		bd_print(stdout, "%s %s: domain %u\n", cfg->name, goals[waiting->what].done, domain.domid);
	} else if (bd_log_level() >= BD_LOG_INFO) {
		bd_print(stdout, "%s %s\n", cfg->name, goals[waiting->what].done);
	}
	return 0;
}

static int run_wait(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct wait_command_options *options = options_pointer;
	struct waiting waiting = { .what = BD_TOOLSTACK_WAIT_READY };
	unsigned seconds = BOOT_WAIT_DEFAULT_S;
	size_t goal = 0;

	while (options->what && goal < sizeof(goals) / sizeof(*goals) && strcmp(options->what, goals[goal].name) != 0)
		goal++;
	if (goal == sizeof(goals) / sizeof(*goals))
		return bd_usage(err, "--for: must be one of ready, kernel, gone, not \"%.40s\"", options->what);
	if (wait_option_timeout(&options->waiting, 1, &seconds, err) != 0)
		return -1;
	waiting.what = (enum bd_toolstack_wait_for)goal;
	waiting.seconds = seconds;
	return guest_loop_run(
		&(struct guest_loop){
			.options = &options->common, .verb = "wait for", .each = wait_one, .context = &waiting },
		arguments, err);
}

const struct bd_command bd_command_wait = {
	.name = "wait",
	.arguments = "NAME|CFG...",
	.summary = "wait until guests are up, or gone",
	.description =
		"Waits for each guest in turn; returns at once if it is already in that state. Waiting for a guest "
		"that is not running to be up is an error, and so is one that crashes or powers off in the meantime; "
		"reboots are followed. A guest whose config has report=none in the line \"# xen-bigdisk:\" never reports that it is "
		"ready, which is an error, too; --for kernel may serve where it has Xen drivers.\n\n" GUEST_SEVERAL_TEXT
		"--json prints an object with name, cfg, uuid, state (\"running\" or \"stopped\"), domid, ready and "
		"wait_seconds. " GUEST_SEVERAL_JSON_TEXT,
	.examples = "xen-bigdisk wait web01\treturns when it is up\n"
		    "xen-bigdisk wait web01 --for gone --timeout 600\treturns when it has powered off\n",
	.statuses = "457",
	.options = option_table,
	.options_size = sizeof(struct wait_command_options),
	.run = run_wait,
};
