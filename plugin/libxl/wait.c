/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waits for a guest to come up or to go away, by its UUID: the domid changes at each reboot. Beside the domains, the value
 * that is waited for is watched. Each time something fires, the whole state is read again.
 */
#include "libxl/wait.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxl_utils.h>
#include <xenstore.h>

#include "base/clock.h"
#include "libxl/domain_watch.h"

/* How long a guest may be without a domain before it counts as gone: between two lives of one that reboots (its
 * monitor may wait before it restarts it), and otherwise, when we may have missed why it went. */
#define REBOOT_GAP_S 90
#define OTHER_GAP_S 3
/* How often one that has shut down is looked at, which may be kept under another name (nobody tells that), and a value that
 * cannot be watched. */
#define LOOK_S 1

struct waiting {
	struct bd_toolstack *toolstack;
	const uint8_t *uuid;
	enum bd_toolstack_wait_for what;
	struct bd_domain_watch watch;
	uint32_t watched; /* the domid whose value is watched, or BD_XEN_NO_DOMID */
	bool seen; /* a domain of this UUID has been there */
	bool rebooting; /* and the last we saw of it was a reboot */
	double gone_since_s; /* of bd_clock_s; 0: it is there */
	double deadline_s;
};

enum sight { NOT_THERE, DYING, ALIVE, REBOOTING, CRASHED, DEAD };

static enum sight sight_of(const libxl_dominfo *info)
{
	if (!info->shutdown)
		return ALIVE;
	switch (info->shutdown_reason) {
	case LIBXL_SHUTDOWN_REASON_CRASH:
	case LIBXL_SHUTDOWN_REASON_WATCHDOG:
		return CRASHED;
	case LIBXL_SHUTDOWN_REASON_REBOOT:
	case LIBXL_SHUTDOWN_REASON_SOFT_RESET:
		return REBOOTING;
	case LIBXL_SHUTDOWN_REASON_SUSPEND:
		return ALIVE; /* saved: it goes on, or its domain goes away */
	default:
		return DEAD;
	}
}

/* A dead one may stay beside its successor, and after it: rename-restart keeps it under another name. It has ended
 * before, and is no sight of the guest. */
static bool is_kept(const struct bd_xen *xen, const libxl_dominfo *info)
{
	char *name = info->shutdown ? libxl_domid_to_name(xen->ctx, info->domid) : NULL;
	bool kept = name && (fnmatch("*" BD_TOOLSTACK_KEPT_TO_MINUTE, name, 0) == 0 ||
			     fnmatch("*" BD_TOOLSTACK_KEPT_TO_SECOND, name, 0) == 0);
	free(name);
	return kept;
}

static int look(struct waiting *waiting, enum sight *sight_out, uint32_t *domid_out, struct bd_error *err)
{
	int count;
	const struct bd_xen *xen = &waiting->toolstack->xen;
	libxl_dominfo *domains = libxl_list_domain(xen->ctx, &count);
	if (!domains)
		return bd_xen_fail(xen, ERROR_FAIL, err, "cannot list the domains");
	*sight_out = NOT_THERE;
	for (int i = 0; i < count; i++) {
		if (memcmp(libxl_uuid_bytearray_const(&domains[i].uuid), waiting->uuid, 16))
			continue;
		if (domains[i].dying) {
			if (*sight_out == NOT_THERE)
				*sight_out = DYING;
			continue;
		}
		if (is_kept(xen, &domains[i]))
			continue;
		*sight_out = sight_of(&domains[i]);
		*domid_out = domains[i].domid;
		if (*sight_out == ALIVE)
			break;
	}
	libxl_dominfo_list_free(domains, count);
	return 0;
}

static void value_path(const struct waiting *waiting, uint32_t domid, char *path_out, size_t size)
{
	snprintf(path_out, size, "/local/domain/%u/%s", domid,
		 waiting->what == BD_TOOLSTACK_WAIT_KERNEL ? "control/feature-poweroff" : "data/xen-bigdisk/ready");
}

static void watch_value(struct waiting *waiting, uint32_t domid)
{
	char path[128];
	if (waiting->what == BD_TOOLSTACK_WAIT_GONE || waiting->watched == domid)
		return;
	if (waiting->watched != BD_XEN_NO_DOMID) {
		value_path(waiting, waiting->watched, path, sizeof(path));
		xs_unwatch(waiting->watch.xs, path, "value");
		waiting->watched = BD_XEN_NO_DOMID;
	}
	value_path(waiting, domid, path, sizeof(path));
	if (xs_watch(waiting->watch.xs, path, "value"))
		waiting->watched = domid;
}

static bool has_value(const struct waiting *waiting, uint32_t domid)
{
	char path[128];
	unsigned length = 0;
	value_path(waiting, domid, path, sizeof(path));
	char *value = xs_read(waiting->watch.xs, XBT_NULL, path, &length);
	/* libxl makes feature-poweroff before the kernel does, without a value. */
	bool there = value && (waiting->what == BD_TOOLSTACK_WAIT_KERNEL ? !strcmp(value, "1") : length > 0);
	free(value);
	return there;
}

/* How long the absence of a domain must last to be believed in. */
static int patience_s(const struct waiting *waiting)
{
	if (waiting->rebooting)
		return REBOOT_GAP_S;
	return !waiting->seen || waiting->what == BD_TOOLSTACK_WAIT_GONE ? 0 : OTHER_GAP_S;
}

static bool is_gone(struct waiting *waiting)
{
	if (waiting->gone_since_s <= 0)
		waiting->gone_since_s = bd_clock_s();
	return bd_clock_s() - waiting->gone_since_s >= patience_s(waiting);
}

/* true: the wait is over. */
static bool judge(struct waiting *waiting, enum sight sight, uint32_t domid,
		  enum bd_toolstack_wait_result *result_out)
{
	bool for_end = waiting->what == BD_TOOLSTACK_WAIT_GONE;
	/* It still holds memory and devices; what it was before it began to die is known. */
	if (sight == DYING && for_end)
		return false;
	if (sight == NOT_THERE || sight == DYING) {
		*result_out = for_end ? BD_TOOLSTACK_WAIT_DONE : BD_TOOLSTACK_WAIT_DIED;
		return is_gone(waiting);
	}
	waiting->seen = true;
	waiting->rebooting = sight == REBOOTING;
	waiting->gone_since_s = 0;
	if (for_end)
		return false;
	*result_out = sight == CRASHED ? BD_TOOLSTACK_WAIT_CRASHED
		      : sight == DEAD  ? BD_TOOLSTACK_WAIT_DIED
				       : BD_TOOLSTACK_WAIT_DONE;
	if (sight != ALIVE)
		return sight != REBOOTING;
	watch_value(waiting, domid);
	return has_value(waiting, domid);
}

/* When the state is to be looked at again where nothing fires before. */
static double next_look_s(const struct waiting *waiting, enum sight sight)
{
	bool for_end = waiting->what == BD_TOOLSTACK_WAIT_GONE;
	double next_s = bd_clock_s() + LOOK_S;

	if (sight == DYING)
		next_s = bd_clock_s() + BD_DOMAIN_WATCH_LOOK_S;
	else if (sight == NOT_THERE)
		next_s = waiting->gone_since_s + patience_s(waiting);
	else if (sight == ALIVE && (for_end || waiting->watched != BD_XEN_NO_DOMID))
		next_s = waiting->deadline_s;
	return next_s < waiting->deadline_s ? next_s : waiting->deadline_s;
}

static int wait_for(struct waiting *waiting, enum bd_toolstack_wait_result *result_out, struct bd_error *err)
{
	for (;;) {
		enum sight sight = NOT_THERE;
		uint32_t domid = BD_XEN_NO_DOMID;
		if (look(waiting, &sight, &domid, err))
			return -1;
		if (judge(waiting, sight, domid, result_out))
			return 0;
		if (bd_clock_s() >= waiting->deadline_s) {
			*result_out = BD_TOOLSTACK_WAIT_TIMEOUT;
			return 0;
		}
		if (bd_domain_watch_sleep(&waiting->watch, waiting->toolstack->host->cancel_fd,
					  next_look_s(waiting, sight), err))
			return -1;
	}
}

int bd_wait(struct bd_toolstack *toolstack, const uint8_t uuid[16], enum bd_toolstack_wait_for what,
	    unsigned timeout_ms, enum bd_toolstack_wait_result *result_out, struct bd_error *err)
{
	struct waiting waiting = {
		.toolstack = toolstack,
		.uuid = uuid,
		.what = what,
		.watched = BD_XEN_NO_DOMID,
		.deadline_s = bd_clock_s() + timeout_ms / 1000.0,
	};
	bd_xen_forget(&toolstack->xen);
	if (bd_domain_watch_open(&waiting.watch, err))
		return -1;
	int r = wait_for(&waiting, result_out, err);
	bd_domain_watch_close(&waiting.watch);
	return r;
}
