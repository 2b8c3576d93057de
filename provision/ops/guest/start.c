/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starts one guest from its config, once. */
#include "ops/guest/start.h"

#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/lock.h"
#include "base/log.h"
#include "base/progress.h"
#include "disk/redo.h"
#include "ops/guest/monitor.h"
#include "ops/guest/names.h"
#include "ops/guest/renamed.h"
#include "ops/guest/xendomains.h"
#include "ops/host/boot_domain.h"
#include "ops/host/boot_obstacles.h"
#include "ops/host/started.h"

/* A large guest's memory takes some seconds to be given back. */
#define CLEARING_LIMIT_S 60
/* A monitor that starts the guest again has made the new domain by then. */
#define RESTART_GAP_S 3

static void forget_last(struct boot *boot)
{
	boot->created = boot->ready = false;
	boot->create_s = boot->wait_s = 0;
	boot->stages = (struct boot_stages){ 0 };
}

static int check_saved(const struct bd_cfg *cfg, struct bd_error *err)
{
	char path[PATH_MAX];

	switch (xendomains_saved(cfg, path)) {
	case SAVED:
		return guest_fail_saved(cfg, path, err);
	case SAVED_STALE:
		bd_warn("%s has a saved state, %s, older than the last change of its disk; xendomains would restore it when dom0 boots and damage the filesystem: remove it (rm %s)",
			cfg->name, path, path);
		break;
	case SAVED_NOT:
		break;
	}
	return 0;
}

/* What a killed grow or shrink has left is done before the guest sees its disk. */
static int complete_changes(const struct bd_cfg *cfg, struct bd_error *err)
{
	for (size_t i = 0; i < cfg->disk_count; i++)
		if (bd_redo_complete(cfg->disks[i], err) != 0)
			return bd_wrap(err, "cannot start %s", cfg->name);
	return 0;
}

static int create_locked(struct boot *boot, const struct bd_cfg *cfg, struct bd_error *err)
{
	if (check_saved(cfg, err) != 0 || complete_changes(cfg, err) != 0)
		return -1;
	if (boot_check_bootloader(cfg, err) != 0)
		return bd_wrap(err, "cannot start %s", cfg->name);
	boot_warn_bridges(cfg);
	bd_progress_stage("starting the domain", 0);
	if (boot_create(boot, cfg->path, err) == 0)
		return 0;
	boot_explain(cfg, err);
	return bd_wrap(err, "cannot start %s", cfg->name);
}

/* The lock keeps `rm` and `rename` away until the domain is there for them to see. */
static int create(struct boot *boot, const struct bd_cfg *cfg, struct bd_error *err)
{
	BD_CLOSE int lock_fd = -1;

	if (bd_lock(cfg->path, &lock_fd, err) != 0)
		return -1;
	int r = create_locked(boot, cfg, err);
	if (r == 0)
		boot_started(boot, cfg->name, cfg->path);
	else
		boot_not_started(cfg->name, cfg->path, err);
	return r;
}

/* Without the lock nothing is counted: another command is at work on the guest, and may remove it. */
void guest_start_failed(const struct bd_cfg *cfg, const struct bd_error *why)
{
	BD_CLOSE int lock_fd = -1;
	struct bd_error busy;

	if (bd_lock(cfg->path, &lock_fd, &busy) == 0 && access(cfg->path, F_OK) == 0)
		boot_not_started(cfg->name, cfg->path, why);
}

static int fail_start(const struct bd_cfg *cfg, const struct bd_error *why)
{
	guest_start_failed(cfg, why);
	return -1;
}

/* What it took is noted of one that was started, and not of one that ran. */
static int wait_until_up(struct boot *boot, const struct bd_cfg *cfg, unsigned wait_s, bool started,
			 struct bd_error *err)
{
	int r = boot_wait(boot, cfg->name, bd_cfg_never_reports(cfg), wait_s, err);

	if (started)
		boot_waited(boot, cfg->name, cfg->path, r, err);
	return r;
}

/* A guest that has ended without a monitor waits for what its config says is done then: its new one does that, and may
 * start it again. Until one or the other has happened. */
static int wait_for_monitor(struct boot *boot, const struct bd_cfg *cfg, struct bd_toolstack_domain *domain,
			    bool *found, struct bd_error *err)
{
	uint32_t old_domid = domain->domid;
	double begin_s = bd_progress_elapsed_s(), gone_s = begin_s, end_s = begin_s + CLEARING_LIMIT_S;
	uint64_t seen = 0;

	bd_progress_stage("waiting for what has ended to be cleared away", 0);
	while (bd_progress_elapsed_s() < end_s) {
		if (guest_domain(boot, cfg, domain, found, err) != 0)
			return -1;
		double now_s = bd_progress_elapsed_s();
		if (*found && domain->domid != old_domid)
			return 0;
		if (*found)
			gone_s = now_s;
		else if (now_s - gone_s >= RESTART_GAP_S)
			return 0;
		double next_s = *found || gone_s + RESTART_GAP_S > end_s ? end_s : gone_s + RESTART_GAP_S;
		if (boot_wait_change(boot, boot->uuid, &seen, next_s - now_s, err) != 0)
			return -1;
	}
	return 0;
}

static bool is_there(const struct bd_toolstack_domain *domain)
{
	return domain->state == BD_TOOLSTACK_RUNNING || domain->state == BD_TOOLSTACK_PAUSED;
}

int guest_start(struct boot *boot, const struct bd_cfg *cfg, unsigned wait_s, enum guest_start_result *result_out,
		struct bd_error *err)
{
	struct bd_toolstack_domain domain;
	bool found, attached = false;

	forget_last(boot);
	if (guest_domain(boot, cfg, &domain, &found, err) != 0)
		return fail_start(cfg, err);
	if (found && guest_monitor_restore(boot, cfg, &domain, &attached, err) != 0)
		return is_there(&domain) ? -1 : fail_start(cfg, err);
	if (attached && !is_there(&domain) && wait_for_monitor(boot, cfg, &domain, &found, err) != 0)
		return fail_start(cfg, err);
	/* What is left of a guest that has ended is the toolstack's to complain of. */
	bool runs = found && is_there(&domain);
	/* What is left of it has another name, and would not be in the toolstack's way. */
	if (!runs && found && guest_is_renamed(cfg, &domain)) {
		guest_fail_running(cfg, &domain, err);
		return fail_start(cfg, err);
	}
	if (!runs && create(boot, cfg, err) != 0)
		return -1;
	if (wait_s && wait_until_up(boot, cfg, wait_s, !runs, err) != 0)
		return -1;
	*result_out = !runs ? GUEST_STARTED : attached ? GUEST_GOT_MONITOR : GUEST_RAN_ALREADY;
	return 0;
}
