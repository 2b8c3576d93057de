/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `wait`: until a guest is up, or gone. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/process/cancel.h"
#include "base/progress.h"
#include "cli/command.h"
#include "cli/wait_option.h"
#include "ops/guest/monitor.h"
#include "ops/guest/names.h"
#include "ops/host/boot.h"
#include "ops/host/boot_domain.h"

struct wait_command_options {
	struct guest_options common;
	const char *what;
	struct wait_options waiting;
};

#define AT(member) offsetof(struct wait_command_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_HEADING, "Options", NULL, NULL, 0 },
	{ BD_OPTION_TEXT, "for", "WHAT",
	  "ready: its userspace says that it is up; kernel: its kernel listens to Xen; gone: its domain is no more "
	  "[ready]",
	  AT(what) },
	{ BD_OPTION_TEXT, "timeout", "SECONDS", "how long each is waited for [120]", AT(waiting.timeout) },
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
	struct boot boot;
	enum bd_toolstack_wait_for what;
	unsigned seconds;
};

static void dispose(struct waiting *waiting)
{
	boot_dispose(&waiting->boot);
}

static int judge(const struct waiting *waiting, enum bd_toolstack_wait_result result, const struct bd_cfg *cfg,
		 struct bd_error *err)
{
	switch (result) {
	case BD_TOOLSTACK_WAIT_DONE:
		return 0;
	case BD_TOOLSTACK_WAIT_TIMEOUT:
		return bd_fail(err, ETIMEDOUT, "%s is not %s after %u s (a longer limit: --timeout SECONDS)",
			       cfg->name, waiting->what == BD_TOOLSTACK_WAIT_GONE ? "gone" : "up", waiting->seconds);
	case BD_TOOLSTACK_WAIT_CRASHED:
		return bd_fail(err, ECHILD, "%s crashed while it was waited for", cfg->name);
	case BD_TOOLSTACK_WAIT_DIED:
		return bd_fail(err, ECHILD, "%s shut down while it was waited for", cfg->name);
	}
	return bd_fail(err, EINVAL, "the toolstack plugin gave an unknown answer");
}

static int wait_for(struct waiting *waiting, const struct bd_cfg *cfg, struct bd_error *err)
{
	struct boot *boot = &waiting->boot;
	const struct bd_toolstack_plugin *plugin = boot->toolstack.plugin;
	struct bd_toolstack_error failure = { 0, 0, "" };
	enum bd_toolstack_wait_result result;
	struct bd_toolstack *toolstack;

	bd_progress_stage("waiting for the guest", 0);
	if (boot_open(boot, &toolstack, err) != 0)
		return -1;
	int r = plugin->wait(toolstack, boot->uuid, waiting->what, waiting->seconds * 1000, &result, &failure);
	plugin->close(toolstack);
	if (bd_cancel_check(err) != 0)
		return -1;
	return r == 0 ? judge(waiting, result, cfg, err) : boot_carry(&failure, err);
}

/* The domain may have a new number by now. */
static int report(struct waiting *waiting, const struct bd_cfg *cfg, double wait_s, struct bd_json *json,
		  struct bd_error *err)
{
	bool gone = waiting->what == BD_TOOLSTACK_WAIT_GONE, found = false;
	struct bd_toolstack_domain domain;

	if (!gone && guest_domain(&waiting->boot, cfg, &domain, &found, err) != 0)
		return -1;
	if (json) {
		bd_json_string(json, "state", goals[waiting->what].state);
		if (found)
			bd_json_uint(json, "domid", domain.domid);
		if (!gone)
			bd_json_bool(json, "ready", waiting->what == BD_TOOLSTACK_WAIT_READY);
		bd_json_double(json, "wait_seconds", wait_s);
	} else if (bd_log_level() >= BD_LOG_INFO && found) {
		bd_print(stdout, "%s %s: domain %u\n", cfg->name, goals[waiting->what].done, domain.domid);
	} else if (bd_log_level() >= BD_LOG_INFO) {
		bd_print(stdout, "%s %s\n", cfg->name, goals[waiting->what].done);
	}
	return 0;
}

static int wait_one(void *context, const struct bd_cfg *cfg, struct bd_json *json, struct bd_error *err)
{
	struct waiting *waiting = context;
	struct bd_toolstack_domain domain;
	double begin_s = bd_progress_elapsed_s();
	bool found = true, gone = waiting->what == BD_TOOLSTACK_WAIT_GONE;

	if (gone ? guest_domain(&waiting->boot, cfg, &domain, &found, err) != 0
		 : guest_running(&waiting->boot, cfg, &domain, err) != 0)
		return -1;
	if (found && guest_monitor_is_lost(&domain))
		bd_warn("%s (domain %u) runs without a monitor: when it powers off or reboots, nobody clears its domain "
			"away; give it one again: xen-bigdisk start %s",
			cfg->name, domain.domid, cfg->path);
	if ((!gone || found) && wait_for(waiting, cfg, err) != 0)
		return -1;
	bd_progress_end(0);
	return report(waiting, cfg, bd_progress_elapsed_s() - begin_s, json, err);
}

static int run_wait(void *options_pointer, int argc, char **argv, struct bd_error *err)
{
	const struct wait_command_options *options = options_pointer;
	BD_DISPOSE(dispose) struct waiting waiting = { .what = BD_TOOLSTACK_WAIT_READY };
	unsigned seconds = BOOT_WAIT_DEFAULT_S;
	size_t goal = 0;

	boot_init(&waiting.boot);
	while (options->what && goal < sizeof(goals) / sizeof(*goals) && strcmp(options->what, goals[goal].name) != 0)
		goal++;
	if (goal == sizeof(goals) / sizeof(*goals))
		return bd_usage(err, "--for: \"%.40s\" is none of ready, kernel, gone", options->what);
	if (wait_option_timeout(&options->waiting, 1, &seconds, err) != 0)
		return -1;
	waiting.what = (enum bd_toolstack_wait_for)goal;
	waiting.seconds = seconds;
	return guest_loop_run(
		&(struct guest_loop){
			.options = &options->common, .verb = "wait for", .each = wait_one, .context = &waiting },
		argc, argv, err);
}

const struct bd_command bd_command_wait = {
	.name = "wait",
	.arguments = "NAME|CFG...",
	.summary = "wait until guests are up, or gone",
	.description =
		"Waits for each guest in turn, and returns at once where it is so already. To wait for a guest that is not "
		"running to be up is an error, and so is one that crashes or powers off meanwhile; its reboot is "
		"followed.\n\n" GUEST_SEVERAL_TEXT
		"--json prints an object with name, cfg, uuid, state (\"running\" or \"stopped\"), domid, ready and "
		"wait_seconds. " GUEST_SEVERAL_JSON_TEXT,
	.examples = "xen-bigdisk wait web01\treturns when it is up\n"
		    "xen-bigdisk wait web01 --for gone --timeout 600\treturns when it has powered off\n",
	.statuses = "47",
	.options = option_table,
	.min_arguments = 1,
	.max_arguments = GUEST_ARGUMENTS_MANY,
	.options_size = sizeof(struct wait_command_options),
	.run = run_wait,
};
