/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waits for a domain's events. */
#include "libxl/monitor/watch.h"

#include <stdlib.h>
#include <syslog.h>

#include <libxl_event.h>

/* What libxl is asked to report while the domain lives. */
struct watch {
	libxl_evgen_domain_death *death;
	libxl_evgen_disk_eject **ejects; /* one per disk, NULL for a fixed one */
	int disk_count;
};

static int begin(struct bd_monitor *monitor, struct watch *watch)
{
	libxl_ctx *ctx = monitor->xen.ctx;
	const libxl_domain_config *config = &monitor->config;
	*watch = (struct watch){ .disk_count = config->num_disks };
	watch->ejects = calloc((size_t)config->num_disks + 1, sizeof(*watch->ejects));
	if (!watch->ejects)
		return ERROR_NOMEM;
	for (int i = 0; i < config->num_disks; i++)
		if (config->disks[i].removable &&
		    libxl_evenable_disk_eject(ctx, monitor->domid, config->disks[i].vdev, 0, &watch->ejects[i]))
			watch->ejects[i] = NULL; /* the guest runs without it */
	return libxl_evenable_domain_death(ctx, monitor->domid, 0, &watch->death);
}

static void end(struct bd_monitor *monitor, struct watch *watch)
{
	libxl_ctx *ctx = monitor->xen.ctx;
	if (watch->death)
		libxl_evdisable_domain_death(ctx, watch->death);
	for (int i = 0; watch->ejects && i < watch->disk_count; i++)
		if (watch->ejects[i])
			libxl_evdisable_disk_eject(ctx, watch->ejects[i]);
	free(watch->ejects);
	/* What has been reported meanwhile is of a domain that will be gone. */
	libxl_event *event;
	while (libxl_event_check(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL) == 0)
		libxl_event_free(ctx, event);
}

/* A suspended domain was saved, and will be destroyed or go on. libxl reports one shutdown per watch, so that a
 * new one is needed; it is set up before the old one goes, or it would see the same suspend again. */
static int begin_again(struct bd_monitor *monitor, struct watch *watch)
{
	libxl_evgen_domain_death *again = NULL;
	int rc = libxl_evenable_domain_death(monitor->xen.ctx, monitor->domid, 0, &again);
	if (rc)
		return rc;
	libxl_evdisable_domain_death(monitor->xen.ctx, watch->death);
	watch->death = again;
	return 0;
}

static int next_event(struct bd_monitor *monitor, libxl_event **event_out)
{
	for (;;) {
		int rc = libxl_event_wait(monitor->xen.ctx, event_out, LIBXL_EVENTMASK_ALL, NULL, NULL);
		if (rc || (*event_out)->domid == monitor->domid)
			return rc;
		libxl_event_free(monitor->xen.ctx, *event_out);
	}
}

enum outcome { GOES_ON, HAS_SHUT_DOWN, IS_GONE, HAS_FAILED };

static enum outcome handle(struct bd_monitor *monitor, struct watch *watch, libxl_event *event,
			   libxl_shutdown_reason *reason_out)
{
	switch (event->type) {
	case LIBXL_EVENT_TYPE_DOMAIN_SHUTDOWN:
		*reason_out = event->u.domain_shutdown.shutdown_reason;
		if (*reason_out != LIBXL_SHUTDOWN_REASON_SUSPEND)
			return HAS_SHUT_DOWN;
		bd_xen_note(&monitor->xen, "domain %u has suspended", monitor->domid);
		return begin_again(monitor, watch) ? HAS_FAILED : GOES_ON;
	case LIBXL_EVENT_TYPE_DOMAIN_DEATH:
		return IS_GONE;
	case LIBXL_EVENT_TYPE_DISK_EJECT:
		libxl_cdrom_insert(monitor->xen.ctx, monitor->domid, &event->u.disk_eject.disk, NULL);
		return GOES_ON;
	default:
		return GOES_ON;
	}
}

enum bd_watch_result bd_monitor_watch(struct bd_monitor *monitor, libxl_shutdown_reason *reason_out)
{
	struct watch watch;
	enum outcome outcome = begin(monitor, &watch) ? HAS_FAILED : GOES_ON;
	bd_xen_note(&monitor->xen, "watching %s (domain %u)", monitor->config.c_info.name, monitor->domid);
	while (outcome == GOES_ON) {
		libxl_event *event;
		if (next_event(monitor, &event)) {
			outcome = HAS_FAILED;
			break;
		}
		outcome = handle(monitor, &watch, event, reason_out);
		libxl_event_free(monitor->xen.ctx, event);
	}
	end(monitor, &watch);
	if (outcome == IS_GONE) {
		bd_xen_note(&monitor->xen, "domain %u has been destroyed", monitor->domid);
		bd_monitor_note(monitor, "destroyed", -1, LOG_NOTICE, "was destroyed (domain %u)", monitor->domid);
	}
	if (outcome == HAS_FAILED) {
		bd_xen_note(&monitor->xen, "cannot watch domain %u any longer: nothing will restart it",
			    monitor->domid);
		bd_monitor_note(monitor, "monitor-lost", -1, LOG_ERR,
				"cannot be watched any longer (domain %u): nothing will restart it", monitor->domid);
	}
	return outcome == HAS_SHUT_DOWN ? BD_WATCH_SHUT_DOWN : outcome == IS_GONE ? BD_WATCH_GONE : BD_WATCH_FAILED;
}
