/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks a guest to reboot, and follows it from the old domain to the new one. */
#include "ops/guest/reboot.h"

#include <errno.h>

#include "base/process/cancel.h"
#include "base/progress.h"
#include "ops/guest/monitor.h"
#include "ops/guest/names.h"
#include "ops/host/boot_domain.h"

static int ask(struct boot *boot, const struct bd_cfg *cfg, struct bd_error *err)
{
	const struct bd_toolstack_plugin *plugin = boot->toolstack.plugin;
	struct bd_toolstack *toolstack;

	bd_progress_stage("asking the guest to reboot", 0);
	if (boot_open(boot, &toolstack, err) != 0)
		return -1;
	int r = plugin->shutdown(toolstack, boot->domid, BD_TOOLSTACK_REBOOT, err);
	plugin->close(toolstack);
	if (bd_cancel_check(err) != 0)
		return -1;
	return r == 0 ? 0 : bd_wrap(err, "cannot reboot %s", cfg->name);
}

/* Whoever made it, nobody does what its config says now. */
static int fail_left(const struct bd_cfg *cfg, const struct bd_toolstack_domain *domain, struct bd_error *err)
{
	bd_fail(err, ECHILD,
		"%s (domain %u) has shut down to reboot, but no process is left to start it again: it was not started by xen-bigdisk, and its xl process seems to be gone; destroy and start it",
		cfg->name, domain->domid);
	return bd_set_field(err, GUEST_REMEDY_DESTROY_AND_START);
}

static int fail_not_back(const struct bd_cfg *cfg, unsigned seconds, struct bd_error *err)
{
	return bd_fail(
		err, ETIMEDOUT,
		"%s was asked to reboot, but no new domain appeared within %u s; it may still be shutting down (xl console %s), or its config has an on_reboot other than \"restart\"",
		cfg->name, seconds, cfg->name);
}

/* Until then the old one still says that it is up. */
static int wait_for_new_domain(struct boot *boot, const struct bd_cfg *cfg, unsigned seconds, struct bd_error *err)
{
	uint32_t old_domid = boot->domid;
	double shut_down_s = bd_progress_elapsed_s(), end_s = shut_down_s + seconds;
	struct bd_toolstack_domain domain;
	uint64_t seen = 0;
	bool found;

	for (;;) {
		if (guest_domain(boot, cfg, &domain, &found, err) != 0)
			return -1;
		if (found && domain.domid != old_domid && domain.state != BD_TOOLSTACK_DYING)
			return 0;
		bool left = found && domain.state == BD_TOOLSTACK_SHUTDOWN &&
			    domain.monitor == BD_TOOLSTACK_MONITOR_FOREIGN;
		double now_s = bd_progress_elapsed_s();
		if (!left)
			shut_down_s = now_s;
		double left_end_s = shut_down_s + GUEST_LEFT_S;
		if (left && (now_s > end_s || now_s > left_end_s))
			return fail_left(cfg, &domain, err);
		if (now_s > end_s)
			return fail_not_back(cfg, seconds, err);
		double next_s = left && left_end_s < end_s ? left_end_s : end_s;
		if (boot_wait_change(boot, boot->uuid, &seen, next_s - now_s, err) != 0)
			return -1;
	}
}

static int wait_until_up(struct boot *boot, const struct bd_cfg *cfg, unsigned seconds, struct bd_error *err)
{
	double begin_s = bd_progress_elapsed_s();

	bd_progress_stage("waiting for the guest to reboot", 0);
	if (wait_for_new_domain(boot, cfg, seconds, err) != 0)
		return -1;
	double left_s = seconds - (bd_progress_elapsed_s() - begin_s);
	return boot_wait(boot, cfg->name, bd_cfg_never_reports(cfg), left_s > 1 ? (unsigned)left_s : 1, err);
}

/* It would not take note, and nobody would say so. */
static int check_listens(const struct bd_cfg *cfg, const struct bd_toolstack_domain *domain, struct bd_error *err)
{
	switch (domain->state) {
	case BD_TOOLSTACK_RUNNING:
		break;
	case BD_TOOLSTACK_PAUSED:
		return bd_fail(err, ENOTSUP,
			       "%s (domain %u) is paused and cannot reboot; unpause it first: xl unpause %u",
			       cfg->name, domain->domid, domain->domid);
	case BD_TOOLSTACK_SHUTDOWN:
		if (guest_monitor_is_lost(domain)) {
			bd_fail(err, ESRCH,
				"%s (domain %u) has ended, but no monitor is running to destroy its domain; this does it and starts the guest",
				cfg->name, domain->domid);
			return bd_set_field(err, GUEST_REMEDY_START);
		}
		bd_fail(err, ESRCH,
			"%s (domain %u) has ended, but its domain still exists; if it is kept (on_poweroff, on_reboot, on_crash), destroy it and start the guest again",
			cfg->name, domain->domid);
		return bd_set_field(err, GUEST_REMEDY_DESTROY_AND_START);
	case BD_TOOLSTACK_DYING:
		bd_fail(err, ESRCH, "%s (domain %u) is being destroyed; start it afterwards", cfg->name,
			domain->domid);
		return bd_set_field(err, GUEST_REMEDY_START);
	}
	return 0;
}

int guest_reboot(struct boot *boot, const struct bd_cfg *cfg, unsigned wait_s, struct bd_error *err)
{
	struct bd_toolstack_domain domain;

	boot->ready = false;
	if (guest_running(boot, cfg, &domain, err) != 0 || check_listens(cfg, &domain, err) != 0 ||
	    guest_monitor_ensure(boot, cfg, &domain, err) != 0 || ask(boot, cfg, err) != 0)
		return -1;
	return wait_s ? wait_until_up(boot, cfg, wait_s, err) : 0;
}
