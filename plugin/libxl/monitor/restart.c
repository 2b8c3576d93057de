/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads on_poweroff, on_reboot, on_crash, on_watchdog and on_soft_reset. */
#include "libxl/monitor/restart.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "events/record.h"
#include "libxl/build.h"
#include "libxl/hotplug.h"
#include "libxl/monitor/presence.h"

/* Xen's folder for core dumps, as xl has it. */
#define DUMP_DIR "/var/lib/xen/dump"

/* A guest that lives shorter than this has not come up. Restarts of such a guest wait 2, 4, 8 ... seconds, and end
 * after a number of them: it would keep the host busy for nothing. */
#define QUICK_LIFE_S 30
#define QUICK_DEATHS 10
#define LONGEST_WAIT_S 60
/* A block device may still be busy for a moment after its domain is gone. */
#define BUILD_TRIES 3
#define BUILD_WAIT_S 3

static libxl_action_on_shutdown action_for(const libxl_domain_config *config, libxl_shutdown_reason reason)
{
	switch (reason) {
	case LIBXL_SHUTDOWN_REASON_POWEROFF:
		return config->on_poweroff;
	case LIBXL_SHUTDOWN_REASON_REBOOT:
		return config->on_reboot;
	case LIBXL_SHUTDOWN_REASON_CRASH:
		return config->on_crash;
	case LIBXL_SHUTDOWN_REASON_WATCHDOG:
		return config->on_watchdog;
	case LIBXL_SHUTDOWN_REASON_SOFT_RESET:
		return config->on_soft_reset;
	default:
		return LIBXL_ACTION_ON_SHUTDOWN_DESTROY; /* as xl does with a reason that it does not know */
	}
}

static libxl_action_on_shutdown dump_core(struct bd_monitor *monitor, libxl_action_on_shutdown action)
{
	bool restart = action == LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_RESTART;
	if (!restart && action != LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_DESTROY)
		return action;
	char path[sizeof(DUMP_DIR) + 300];
	mkdir(DUMP_DIR, 0700); /* no package makes it */
	snprintf(path, sizeof(path), "%s/%s", DUMP_DIR, monitor->config.c_info.name);
	bd_xen_note(&monitor->xen, "dumping the core of domain %u to %s", monitor->domid, path);
	if (libxl_domain_core_dump(monitor->xen.ctx, monitor->domid, path, NULL))
		bd_xen_note(&monitor->xen, "the core dump failed; going on without it");
	return restart ? LIBXL_ACTION_ON_SHUTDOWN_RESTART : LIBXL_ACTION_ON_SHUTDOWN_DESTROY;
}

/* The file says what the guest is to be; who it is stays: its name and UUID, and the MAC addresses that libxl
 * chose for it where the file has none. */
static int keep_identity(const libxl_domain_config *live, libxl_domain_config *config, struct bd_error *err)
{
	static const libxl_mac none;
	char *name = strdup(live->c_info.name);
	if (!name)
		return bd_fail_errno(err, "cannot copy the name");
	free(config->c_info.name);
	config->c_info.name = name;
	libxl_uuid_copy(NULL, &config->c_info.uuid, &live->c_info.uuid);
	for (int i = 0; i < config->num_nics && i < live->num_nics; i++)
		if (!memcmp(config->nics[i].mac, none, sizeof(none)))
			memcpy(config->nics[i].mac, live->nics[i].mac, sizeof(none));
	return 0;
}

/* The config of the next life. The running domain's own is what is left when the file is gone or broken: a reboot
 * must not be the end of a guest because of an edit. Must be called while the old domain is there. */
static void reload(struct bd_monitor *monitor, libxl_domain_config *next_out)
{
	libxl_domain_config live;
	struct bd_error err = BD_ERROR_INIT;
	libxl_domain_config_init(&live);
	bool has_live = libxl_retrieve_domain_configuration(monitor->xen.ctx, monitor->domid, &live, NULL) == 0 &&
			live.c_info.name;
	bool has_file = bd_monitor_read_config(monitor, next_out, &err) == 0 &&
			keep_identity(has_live ? &live : &monitor->config, next_out, &err) == 0;
	if (!has_file) {
		bd_xen_note(&monitor->xen, "using the config that the domain had: %s", err.message);
		libxl_domain_config_dispose(next_out);
		libxl_domain_config_init(next_out);
		libxl_domain_config_copy(monitor->xen.ctx, next_out, has_live ? &live : &monitor->config);
	}
	libxl_domain_config_dispose(&live);
}

/* false: it has died quickly too often. */
static bool may_restart(struct bd_monitor *monitor)
{
	if (bd_clock_s() - monitor->started_s >= QUICK_LIFE_S)
		monitor->quick_deaths = 0;
	else
		monitor->quick_deaths++;
	if (monitor->quick_deaths > QUICK_DEATHS) {
		bd_xen_note(&monitor->xen,
			    "%s has ended %u times within %d s of its start: it is not restarted again",
			    monitor->config.c_info.name, monitor->quick_deaths, QUICK_LIFE_S);
		bd_monitor_note(monitor, "restart-failed", BD_RECORD_START_FAILURES, LOG_ERR,
				"is not restarted again: it has ended %u times within %d s of its start",
				monitor->quick_deaths, QUICK_LIFE_S);
		return false;
	}
	if (monitor->quick_deaths > 1) {
		unsigned wait_s = 1u << (monitor->quick_deaths - 1);
		wait_s = wait_s < LONGEST_WAIT_S ? wait_s : LONGEST_WAIT_S;
		bd_xen_note(&monitor->xen, "waiting %u s: it is the restart number %u in quick succession", wait_s,
			    monitor->quick_deaths);
		sleep(wait_s);
	}
	return true;
}

static int build_once(struct bd_monitor *monitor, const libxl_domain_config *next, struct bd_error *err)
{
	const struct bd_build build = { .xen = &monitor->xen,
					.xlconf = &monitor->xlconf,
					.bootloader_user = &monitor->bootloader_user,
					.stop_fd = -1,
					.xens_hotplug = monitor->xens_hotplug,
					.tell = bd_monitor_tell,
					.context = monitor,
					.screen_fd = -1 };
	/* libxl writes its defaults into the one that it builds from. */
	libxl_domain_config_dispose(&monitor->config);
	libxl_domain_config_init(&monitor->config);
	libxl_domain_config_copy(monitor->xen.ctx, &monitor->config, next);
	return bd_build(&build, &monitor->config, &monitor->domid, err);
}

static bool rebuild(struct bd_monitor *monitor, const libxl_domain_config *next)
{
	for (int try = 1; try <= BUILD_TRIES; try++) {
		struct bd_error err = BD_ERROR_INIT;
		if (build_once(monitor, next, &err) == 0) {
			monitor->started_s = bd_clock_s();
			bd_monitor_begin(monitor);
			bd_monitor_note(monitor, "restarted", BD_RECORD_RESTARTS, LOG_INFO, "runs again (domain %u)",
					monitor->domid);
			return true;
		}
		bd_xen_note(&monitor->xen, "restart, try %d of %d: %s", try, BUILD_TRIES, err.message);
		if (err.code == EEXIST) /* another process has started it */
			return false;
		if (try == BUILD_TRIES)
			bd_monitor_note(monitor, "restart-failed", BD_RECORD_START_FAILURES, LOG_ERR,
					"was not restarted: %s", err.message);
		else
			sleep(BUILD_WAIT_S);
	}
	return false;
}

static bool destroy(struct bd_monitor *monitor)
{
	int rc = bd_xen_destroy(&monitor->xen, monitor->domid);
	/* Until there is another domain, whoever starts the guest looks after it. */
	bd_monitor_end(monitor);
	bd_xen_note(&monitor->xen, rc ? "domain %u cannot be destroyed" : "domain %u has been destroyed",
		    monitor->domid);
	monitor->domid = BD_XEN_NO_DOMID;
	return rc == 0;
}

static bool restart(struct bd_monitor *monitor)
{
	libxl_domain_config next;
	reload(monitor, &next);
	bool again = destroy(monitor) && may_restart(monitor) && rebuild(monitor, &next);
	libxl_domain_config_dispose(&next);
	return again;
}

/* The dead domain stays, under another name and UUID, to be looked at. */
static bool preserve_and_restart(struct bd_monitor *monitor)
{
	char suffix[32];
	time_t now = time(NULL);
	struct tm parts;
	libxl_uuid uuid;
	strftime(suffix, sizeof(suffix), "-%Y%m%dT%H%M%SZ", gmtime_r(&now, &parts));
	libxl_uuid_generate(&uuid);

	libxl_domain_config next;
	reload(monitor, &next);
	/* Asked first: each restart leaves a domain and its memory behind. */
	bool again = may_restart(monitor);
	if (again && libxl_domain_preserve(monitor->xen.ctx, monitor->domid, &next.c_info, suffix, uuid)) {
		bd_xen_note(&monitor->xen, "domain %u cannot be renamed, and was not changed", monitor->domid);
		again = false;
	} else if (again) {
		bd_xen_note(&monitor->xen, "domain %u is kept as %s%s", monitor->domid, next.c_info.name, suffix);
		bd_presence_withdraw(monitor->domid);
		struct bd_error err = BD_ERROR_INIT;
		if (bd_hotplug_leave_disks(monitor->domid, &err))
			bd_xen_note(&monitor->xen, "%s", err.message);
		again = rebuild(monitor, &next);
	}
	libxl_domain_config_dispose(&next);
	return again;
}

/* libxl takes the devices away and gives them back. */
static int reset_with_devices(struct bd_monitor *monitor, libxl_domain_config *live)
{
	BD_DISPOSE(bd_hotplug_choice_dispose) struct bd_hotplug_choice choice = { 0 };
	struct bd_toolstack_hotplug hotplug;
	struct bd_error err = BD_ERROR_INIT;

	bd_hotplug_find(monitor->xens_hotplug, &monitor->xlconf, &hotplug);
	int r = bd_hotplug_before_create(&hotplug, live, &choice, &err);
	int rc = libxl_domain_soft_reset(monitor->xen.ctx, live, monitor->domid, NULL, NULL);
	if (rc == 0 && r == 0)
		r = bd_hotplug_after_create(&monitor->xen, monitor->domid, &choice, &err);
	if (r != 0)
		bd_xen_note(&monitor->xen, "%s", err.message);
	return rc;
}

/* The same domain goes on (kexec in an HVM guest); its config is the running one's, not the file's. */
static bool soft_reset(struct bd_monitor *monitor)
{
	libxl_ctx *ctx = monitor->xen.ctx;
	libxl_domain_config live;
	libxl_domain_config_init(&live);
	int rc = libxl_retrieve_domain_configuration(ctx, monitor->domid, &live, NULL);
	if (rc == 0)
		rc = reset_with_devices(monitor, &live);
	if (rc == 0)
		rc = libxl_domain_unpause(ctx, monitor->domid, NULL);
	libxl_domain_config_dispose(&live);
	if (rc == 0) {
		bd_monitor_begin(monitor);
		return true;
	}
	bd_xen_note(&monitor->xen, "domain %u could not be reset (libxl's error %d)", monitor->domid, rc);
	destroy(monitor);
	return false;
}

/* While the domain is there: a command that removes the guest waits until it is gone. */
static void note_end(const struct bd_monitor *monitor, libxl_shutdown_reason reason)
{
	switch (reason) {
	case LIBXL_SHUTDOWN_REASON_POWEROFF:
		bd_monitor_note(monitor, "powered-off", BD_RECORD_POWEROFFS, LOG_INFO, "has powered off (domain %u)",
				monitor->domid);
		break;
	case LIBXL_SHUTDOWN_REASON_REBOOT:
		bd_monitor_note(monitor, "rebooted", BD_RECORD_REBOOTS, LOG_INFO, "reboots (domain %u)",
				monitor->domid);
		break;
	case LIBXL_SHUTDOWN_REASON_CRASH:
	case LIBXL_SHUTDOWN_REASON_WATCHDOG:
		bd_monitor_note(monitor, "crashed", BD_RECORD_CRASHES, LOG_ERR, "has crashed (domain %u)%s",
				monitor->domid,
				reason == LIBXL_SHUTDOWN_REASON_WATCHDOG ? ": its watchdog was not fed" : "");
		break;
	default:
		break;
	}
}

bool bd_monitor_after_shutdown(struct bd_monitor *monitor, libxl_shutdown_reason reason)
{
	libxl_action_on_shutdown action = action_for(&monitor->config, reason);
	const char *reason_name = libxl_shutdown_reason_to_string(reason);
	bd_xen_note(&monitor->xen, "%s (domain %u) has shut down: %s; action: %s", monitor->config.c_info.name,
		    monitor->domid, reason_name ? reason_name : "unknown reason",
		    libxl_action_on_shutdown_to_string(action));

	note_end(monitor, reason);
	switch (dump_core(monitor, action)) {
	case LIBXL_ACTION_ON_SHUTDOWN_RESTART:
		return restart(monitor);
	case LIBXL_ACTION_ON_SHUTDOWN_RESTART_RENAME:
		return preserve_and_restart(monitor);
	case LIBXL_ACTION_ON_SHUTDOWN_SOFT_RESET:
		return soft_reset(monitor);
	case LIBXL_ACTION_ON_SHUTDOWN_PRESERVE:
		return false;
	default:
		destroy(monitor);
		return false;
	}
}
