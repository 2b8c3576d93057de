/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `reboot`: asks guests to reboot, and waits for them to be up again. */
#include <errno.h>
#include <poll.h>
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

#define LOOK_MS 200

struct reboot_options {
	struct guest_options common;
	struct wait_options waiting;
};

static const struct bd_option option_table[] = {
	{ BD_OPTION_HEADING, "Options", NULL, NULL, 0 },
	WAIT_OPTION_ROWS(struct reboot_options,
			 "wait until the guest's userspace says that it is up again [on a terminal]",
			 "return as soon as the guest has been asked", "how long to wait for each guest [120]"),
	GUEST_OPTION_ROWS(struct reboot_options),
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

struct rebooting {
	struct boot boot;
	unsigned wait_s;
};

static void dispose(struct rebooting *rebooting)
{
	boot_dispose(&rebooting->boot);
}

static int ask(struct boot *boot, const struct bd_cfg *cfg, struct bd_error *err)
{
	const struct bd_toolstack_plugin *plugin = boot->toolstack.plugin;
	struct bd_toolstack_error failure = { 0, 0, "" };
	struct bd_toolstack *toolstack;

	bd_progress_stage("asking the guest to reboot", 0);
	if (boot_open(boot, &toolstack, err) != 0)
		return -1;
	int r = plugin->shutdown(toolstack, boot->domid, BD_TOOLSTACK_REBOOT, &failure);
	plugin->close(toolstack);
	if (bd_cancel_check(err) != 0)
		return -1;
	if (r == 0)
		return 0;
	boot_carry(&failure, err);
	return bd_wrap(err, "cannot reboot %s", cfg->name);
}

/* Whoever made it, nobody does what its config says now. */
static int fail_left(const struct bd_cfg *cfg, const struct bd_toolstack_domain *domain, struct bd_error *err)
{
	return bd_fail(
		err, ECHILD,
		"%s (domain %u) has shut down to reboot, and nobody starts it again: it was not made by "
		"xen-bigdisk, and the process that looked after it (xl's) seems to be gone; clear it away and start "
		"it: xen-bigdisk stop --force %s && xen-bigdisk start %s",
		cfg->name, domain->domid, cfg->path, cfg->path);
}

static int fail_not_back(const struct bd_cfg *cfg, unsigned seconds, struct bd_error *err)
{
	return bd_fail(
		err, ETIMEDOUT,
		"%s was asked to reboot, and its new domain was not there within %u s; is it still going down (xl "
		"console %s), or does its cfg say another on_reboot than \"restart\"?",
		cfg->name, seconds, cfg->name);
}

/* Until then the old one still says that it is up. */
static int wait_for_new_domain(struct boot *boot, const struct bd_cfg *cfg, unsigned seconds, struct bd_error *err)
{
	struct pollfd cancel = { .fd = bd_cancel_fd(), .events = POLLIN };
	uint32_t old_domid = boot->domid;
	double begin_s = bd_progress_elapsed_s(), shut_down_s = begin_s;
	struct bd_toolstack_domain domain;
	bool found;

	for (;;) {
		if (guest_domain(boot, cfg, &domain, &found, err) != 0)
			return -1;
		if (found && domain.domid != old_domid && domain.state != BD_TOOLSTACK_DYING)
			return 0;
		bool left = found && domain.state == BD_TOOLSTACK_SHUTDOWN &&
			    domain.monitor == BD_TOOLSTACK_MONITOR_FOREIGN;
		if (!left)
			shut_down_s = bd_progress_elapsed_s();
		bool is_over = bd_progress_elapsed_s() - begin_s > seconds;
		if (left && (is_over || bd_progress_elapsed_s() - shut_down_s > GUEST_LEFT_S))
			return fail_left(cfg, &domain, err);
		if (is_over)
			return fail_not_back(cfg, seconds, err);
		poll(&cancel, 1, LOOK_MS);
		if (bd_cancel_check(err) != 0)
			return -1;
	}
}

static int wait_until_up(struct boot *boot, const struct bd_cfg *cfg, unsigned seconds, struct bd_error *err)
{
	double begin_s = bd_progress_elapsed_s();

	bd_progress_stage("waiting for the guest to be up again", 0);
	if (wait_for_new_domain(boot, cfg, seconds, err) != 0)
		return -1;
	double left_s = seconds - (bd_progress_elapsed_s() - begin_s);
	return boot_wait(boot, cfg->name, left_s > 1 ? (unsigned)left_s : 1, err);
}

/* It would not take note, and nobody would say so. */
static int check_listens(const struct bd_cfg *cfg, const struct bd_toolstack_domain *domain, struct bd_error *err)
{
	switch (domain->state) {
	case BD_TOOLSTACK_RUNNING:
		break;
	case BD_TOOLSTACK_PAUSED:
		return bd_fail(err, ENOTSUP,
			       "%s (domain %u) is paused and cannot reboot; let it run again: xl unpause %u",
			       cfg->name, domain->domid, domain->domid);
	case BD_TOOLSTACK_SHUTDOWN:
		if (guest_monitor_is_lost(domain))
			return bd_fail(
				err, ESRCH,
				"%s (domain %u) has ended without a monitor, which would have cleared it away; "
				"have that done, and start it: xen-bigdisk start %s",
				cfg->name, domain->domid, cfg->path);
		return bd_fail(
			err, ESRCH,
			"%s (domain %u) has ended and its domain is still there; if it stays (on_poweroff, "
			"on_reboot, on_crash), destroy it and start the guest again: xen-bigdisk stop --force %s",
			cfg->name, domain->domid, cfg->path);
	case BD_TOOLSTACK_DYING:
		return bd_fail(err, ESRCH,
			       "%s (domain %u) is just going; start it when it is gone: xen-bigdisk start %s",
			       cfg->name, domain->domid, cfg->path);
	}
	return 0;
}

static int reboot_one(void *context, const struct bd_cfg *cfg, struct bd_json *json, struct bd_error *err)
{
	struct rebooting *rebooting = context;
	struct boot *boot = &rebooting->boot;
	struct bd_toolstack_domain domain;
	double begin_s = bd_progress_elapsed_s();

	boot->ready = false;
	if (guest_running(boot, cfg, &domain, err) != 0 || check_listens(cfg, &domain, err) != 0 ||
	    guest_monitor_ensure(boot, cfg, &domain, err) != 0 || ask(boot, cfg, err) != 0)
		return -1;
	if (rebooting->wait_s && wait_until_up(boot, cfg, rebooting->wait_s, err) != 0)
		return -1;
	bd_progress_end(0);
	if (json) {
		bd_json_string(json, "state", rebooting->wait_s ? "running" : "rebooting");
		bd_json_uint(json, "domid", boot->domid);
		bd_json_bool(json, "ready", boot->ready);
		bd_json_double(json, "wait_seconds", rebooting->wait_s ? bd_progress_elapsed_s() - begin_s : 0);
	} else if (bd_log_level() >= BD_LOG_INFO) {
		bd_print(stdout, "%s %s: domain %u\n", cfg->name, boot->ready ? "is up again" : "was asked to reboot",
			 boot->domid);
	}
	return 0;
}

static int run_reboot(void *options_pointer, int argc, char **argv, struct bd_error *err)
{
	const struct reboot_options *options = options_pointer;
	BD_DISPOSE(dispose) struct rebooting rebooting = { .wait_s = 0 };

	boot_init(&rebooting.boot);
	if (wait_option_boot(&options->waiting, &rebooting.wait_s, err) != 0)
		return -1;
	return guest_loop_run(
		&(struct guest_loop){
			.options = &options->common, .verb = "reboot", .each = reboot_one, .context = &rebooting },
		argc, argv, err);
}

const struct bd_command bd_command_reboot = {
	.name = "reboot",
	.arguments = "NAME|CFG...",
	.summary = "reboot guests",
	.description =
		"Asks each guest to reboot; with --wait it then waits until the guest, in a domain of a new number, says "
		"that it is up. The domain that comes is made from the cfg as it is then. A guest "
		"that is not running, is paused or has ended is an error. One that had lost its monitor (see start) is given "
		"another first.\n\n" GUEST_SEVERAL_TEXT
		"--json prints an object with name, cfg, uuid, state (\"running\", or \"rebooting\" where it was not waited "
		"for), domid, ready and wait_seconds. " GUEST_SEVERAL_JSON_TEXT,
	.examples = "xen-bigdisk reboot web01 --wait\treturns when it is up again\n"
		    "xen-bigdisk reboot web01 web02 --no-wait\tboth, without waiting\n",
	.statuses = "457",
	.options = option_table,
	.min_arguments = 1,
	.max_arguments = GUEST_ARGUMENTS_MANY,
	.options_size = sizeof(struct reboot_options),
	.run = run_reboot,
};
