/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks a guest to power off, waits until it is gone, and destroys it on request. */
#include "ops/guest/stop.h"

#include <errno.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/process/cancel.h"
#include "base/progress.h"
#include "events/event.h"
#include "ops/guest/monitor.h"
#include "ops/guest/names.h"
#include "ops/host/domains.h"

/* The hypervisor takes a moment to give the memory of a destroyed domain back. */
#define DESTROY_WAIT_S 60

const char *guest_stop_state(enum guest_stop_result result)
{
	switch (result) {
	case GUEST_STOP_ASKED:
		return "stopping";
	case GUEST_STOP_DESTROYED:
		return "destroyed";
	default:
		return "stopped";
	}
}

static int watch(int epoll_fd, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return fd < 0 ? 0 : epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

/* Readable when the user wants to stop, or when the time is over: the plugin's shutdown() has a limit of its own, which
 * may be longer than ours. */
static int open_limit(int cancel_fd, unsigned seconds, int *timer_fd_out, int *epoll_fd_out, struct bd_error *err)
{
	struct itimerspec when = { .it_value.tv_sec = seconds };
	BD_CLOSE int timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	BD_CLOSE int epoll_fd = epoll_create1(EPOLL_CLOEXEC);

	if (timer_fd < 0 || epoll_fd < 0 || (seconds && timerfd_settime(timer_fd, 0, &when, NULL) != 0) ||
	    watch(epoll_fd, timer_fd) != 0 || watch(epoll_fd, cancel_fd) != 0)
		return bd_fail_errno(err, "cannot set a timer");
	*timer_fd_out = bd_take_fd(&timer_fd);
	*epoll_fd_out = bd_take_fd(&epoll_fd);
	return 0;
}

/* Has it gone within the time? seconds 0: it is not waited for. asks: false for one that has ended by itself, of which the
 * rest is about to go, or is kept (on_poweroff="preserve"). */
static int ask(struct boot *boot, bool asks, unsigned seconds, bool *gone_out, struct bd_error *err)
{
	const struct bd_toolstack_plugin *plugin = boot->toolstack.plugin;
	struct bd_toolstack_host host = boot->host;
	enum bd_toolstack_wait_result result = BD_TOOLSTACK_WAIT_TIMEOUT;
	BD_CLOSE int timer_fd = -1;
	BD_CLOSE int limit_fd = -1;
	struct bd_toolstack *toolstack;

	if (open_limit(boot->host.cancel_fd, seconds, &timer_fd, &limit_fd, err) != 0)
		return -1;
	host.cancel_fd = limit_fd;
	if (plugin->open(&host, &toolstack, err) != 0)
		return -1;
	bd_progress_stage("waiting for the guest to power off", 0);
	int r = asks ? plugin->shutdown(toolstack, boot->domid, BD_TOOLSTACK_POWEROFF, err) : 0;
	/* It did not take note within the plugin's limit, being busy; the end of ours ends this with BD_ECANCELED. */
	while (r != 0 && err->code == ETIMEDOUT && seconds)
		r = plugin->shutdown(toolstack, boot->domid, BD_TOOLSTACK_POWEROFF, err);
	if (r != 0 && err->code == ESRCH)
		r = 0; /* it went by itself */
	if (r == 0 && seconds)
		r = plugin->wait(toolstack, boot->uuid, BD_TOOLSTACK_WAIT_GONE, seconds * 1000, &result, err);
	plugin->close(toolstack);
	if (bd_cancel_check(err) != 0)
		return -1;
	if (r != 0 && err->code != BD_ECANCELED)
		return -1;
	*gone_out = r == 0 && result == BD_TOOLSTACK_WAIT_DONE;
	return 0;
}

/* As ask(), in pieces: behind a domain of another toolstack there may be nobody to clear it away when it has powered off,
 * and then there is nothing to wait for. domain is as it was seen last. */
static int ask_foreign(struct boot *boot, const struct bd_cfg *cfg, unsigned seconds,
		       struct bd_toolstack_domain *domain, bool *gone_out, struct bd_error *err)
{
	bool found = true, was_down;

	do {
		unsigned piece_s = seconds < GUEST_LEFT_S ? seconds : GUEST_LEFT_S;
		was_down = domain->state == BD_TOOLSTACK_SHUTDOWN;
		if (ask(boot, !domains_has_ended(domain), piece_s, gone_out, err) != 0)
			return -1;
		if (*gone_out || seconds == 0)
			return 0;
		seconds -= piece_s;
		if (guest_domain(boot, cfg, domain, &found, err) != 0)
			return -1;
	} while (found && seconds && !(was_down && domain->state == BD_TOOLSTACK_SHUTDOWN));
	*gone_out = !found;
	return 0;
}

/* By its UUID once more: it may have been rebooted meanwhile. */
static int destroy(struct boot *boot, const struct bd_cfg *cfg, struct bd_error *err)
{
	const struct bd_toolstack_plugin *plugin = boot->toolstack.plugin;
	enum bd_toolstack_wait_result result = BD_TOOLSTACK_WAIT_TIMEOUT;
	struct bd_toolstack_domain domain;
	struct bd_toolstack *toolstack;
	bool found;

	if (guest_domain(boot, cfg, &domain, &found, err) != 0)
		return -1;
	if (!found)
		return 0;
	if (boot_open(boot, &toolstack, err) != 0)
		return -1;
	int r = domain.state == BD_TOOLSTACK_DYING ? 0 : plugin->destroy(toolstack, domain.domid, err);
	if (r != 0 && err->code == ESRCH)
		r = 0;
	if (r == 0)
		r = plugin->wait(toolstack, boot->uuid, BD_TOOLSTACK_WAIT_GONE, DESTROY_WAIT_S * 1000, &result, err);
	plugin->close(toolstack);
	if (bd_cancel_check(err) != 0)
		return -1;
	if (r != 0)
		return -1;
	if (result != BD_TOOLSTACK_WAIT_DONE)
		return bd_fail(
			err, ETIMEDOUT,
			"%s (domain %u) was destroyed, but still exists after %u s: something in dom0 holds its memory or disk; check xl list and xl dmesg",
			cfg->name, domain.domid, DESTROY_WAIT_S);
	return 0;
}

/* After it was asked, and waited for: it has done its part, and nobody has done the rest. */
static int fail_left(const struct bd_cfg *cfg, const struct bd_toolstack_domain *domain, struct bd_error *err)
{
	return bd_fail(
		err, ETIMEDOUT,
		"%s (domain %u) has powered off, but its domain still exists: it was not started by xen-bigdisk and its xl process seems to be gone, or its config keeps it (on_poweroff)",
		cfg->name, domain->domid);
}

static int fail_still_there(const struct boot *boot, const struct bd_cfg *cfg, unsigned wait_s, struct bd_error *err)
{
	return bd_fail(err, ETIMEDOUT, "%s (domain %u) was asked to power off but is still there after %u s",
		       cfg->name, boot->domid, wait_s);
}

static int fail_paused(const struct bd_cfg *cfg, const struct bd_toolstack_domain *domain, struct bd_error *err)
{
	return bd_fail(err, ENOTSUP, "%s (domain %u) is paused and cannot power off; unpause it: xl unpause %u",
		       cfg->name, domain->domid, domain->domid);
}

static int fail_kept(const struct bd_cfg *cfg, const struct bd_toolstack_domain *domain, struct bd_error *err)
{
	if (domain->state == BD_TOOLSTACK_DYING)
		return bd_fail(
			err, ETIMEDOUT,
			"%s (domain %u) has ended, but still exists: something in dom0 holds its memory or disk; check xl list and xl dmesg",
			cfg->name, domain->domid);
	return bd_fail(err, ETIMEDOUT,
		       "%s (domain %u) has ended, and its config keeps the domain (on_poweroff, on_crash)", cfg->name,
		       domain->domid);
}

static int explain(const struct boot *boot, const struct bd_cfg *cfg, struct bd_error *err)
{
	if (err->code != ENOTSUP)
		return bd_wrap(err, "cannot stop %s", cfg->name);
	return bd_fail(
		err, ENOTSUP,
		"%s (domain %u) cannot be asked to power off: its kernel does not respond to Xen (still booting?)",
		cfg->name, boot->domid);
}

static void tell_stopped(const struct boot *boot, const struct bd_cfg *cfg, bool destroyed)
{
	const struct bd_event event = { .kind = destroyed ? "destroyed" : "stopped",
					.guest = cfg->name,
					.cfg_path = cfg->path,
					.domid = boot->domid };

	bd_event(&event, destroyed ? "%s was destroyed (domain %u)" : "%s is stopped (domain %u)", cfg->name,
		 boot->domid);
}

int guest_stop(struct boot *boot, const struct bd_cfg *cfg, const struct guest_stop_options *options,
	       enum guest_stop_result *result_out, struct bd_error *err)
{
	struct bd_toolstack_domain domain;
	bool found, gone = false;

	*result_out = GUEST_STOP_FAILED;
	if (guest_domain(boot, cfg, &domain, &found, err) != 0)
		return -1;
	if (!found) {
		*result_out = GUEST_STOP_NOT_RUNNING;
		return 0;
	}
	bool ended = domains_has_ended(&domain);
	bool paused = domain.state == BD_TOOLSTACK_PAUSED;
	if (paused && !options->force) {
		*result_out = GUEST_STOP_NEEDS_FORCE;
		return fail_paused(cfg, &domain, err);
	}
	bool at_once = options->force && (ended || paused || options->wait_s == 0);
	if (!at_once && guest_monitor_ensure(boot, cfg, &domain, err) != 0)
		return -1;
	int r = at_once ? 0
		: domain.monitor == BD_TOOLSTACK_MONITOR_FOREIGN
			? ask_foreign(boot, cfg, options->wait_s, &domain, &gone, err)
			: ask(boot, !ended, options->wait_s, &gone, err);
	if (r != 0 && (err->code == BD_ECANCELED || !options->force)) {
		if (err->code == ENOTSUP)
			*result_out = GUEST_STOP_NEEDS_FORCE;
		return explain(boot, cfg, err);
	}
	if (gone || (!options->force && options->wait_s == 0)) {
		if (gone)
			tell_stopped(boot, cfg, false);
		*result_out = gone ? GUEST_STOP_GONE : GUEST_STOP_ASKED;
		return 0;
	}
	if (!options->force) {
		bool left = !ended && domain.state == BD_TOOLSTACK_SHUTDOWN;
		bool dying = ended && domain.state == BD_TOOLSTACK_DYING;
		*result_out = dying	      ? GUEST_STOP_FAILED
			      : left || ended ? GUEST_STOP_NEEDS_FORCE
					      : GUEST_STOP_TIMED_OUT;
		return left    ? fail_left(cfg, &domain, err)
		       : ended ? fail_kept(cfg, &domain, err)
			       : fail_still_there(boot, cfg, options->wait_s, err);
	}
	bd_progress_stage("destroying the domain", 0);
	if (destroy(boot, cfg, err) != 0)
		return bd_wrap(err, "cannot destroy %s", cfg->name);
	tell_stopped(boot, cfg, true);
	*result_out = GUEST_STOP_DESTROYED;
	return 0;
}
