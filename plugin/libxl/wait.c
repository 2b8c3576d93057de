/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waits for a guest to come up or to go away, by its UUID: the domid changes at each reboot.
 *
 * xenstored fires @introduceDomain and @releaseDomain when domains come, shut down and go; the value that we wait
 * for has a watch of its own. Each time something fires, the whole state is read again.
 */
#include "libxl/wait.h"

#include <errno.h>
#include <fnmatch.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxl_utils.h>
#include <xenstore.h>

#include "base/clock.h"

/* How long a guest may be without a domain before it counts as gone: between two lives of one that reboots (its
 * monitor may wait before it restarts it), and otherwise, when we may have missed why it went. */
#define REBOOT_GAP_S 90
#define OTHER_GAP_S 3
/* The state is looked at at least this often: dying is not told by xenstore. */
#define LOOK_MS 1000

struct waiting {
	struct bd_toolstack *toolstack;
	const uint8_t *uuid;
	enum bd_toolstack_wait_for what;
	struct xs_handle *xs;
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
		xs_unwatch(waiting->xs, path, "value");
	}
	value_path(waiting, domid, path, sizeof(path));
	if (xs_watch(waiting->xs, path, "value"))
		waiting->watched = domid;
}

static bool has_value(const struct waiting *waiting, uint32_t domid)
{
	char path[128];
	unsigned length = 0;
	value_path(waiting, domid, path, sizeof(path));
	char *value = xs_read(waiting->xs, XBT_NULL, path, &length);
	/* libxl makes feature-poweroff before the kernel does, without a value. */
	bool there = value && (waiting->what == BD_TOOLSTACK_WAIT_KERNEL ? !strcmp(value, "1") : length > 0);
	free(value);
	return there;
}

/* Whether the absence of a domain lasts long enough to believe in it. */
static bool is_gone(struct waiting *waiting)
{
	if (waiting->gone_since_s <= 0)
		waiting->gone_since_s = bd_clock_s();
	int patience_s = waiting->rebooting ? REBOOT_GAP_S : OTHER_GAP_S;
	if (!waiting->rebooting && (!waiting->seen || waiting->what == BD_TOOLSTACK_WAIT_GONE))
		patience_s = 0;
	return bd_clock_s() - waiting->gone_since_s >= patience_s;
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

/* Until something fires, the next look is due or the time is up. */
static int sleep_until_change(struct waiting *waiting, struct bd_error *err)
{
	double left_ms = (waiting->deadline_s - bd_clock_s()) * 1000;
	struct pollfd fds[2] = {
		{ .fd = xs_fileno(waiting->xs), .events = POLLIN },
		{ .fd = waiting->toolstack->host->cancel_fd, .events = POLLIN },
	};
	if (poll(fds, 2, left_ms > LOOK_MS ? LOOK_MS : left_ms > 0 ? (int)left_ms + 1 : 0) < 0 && errno != EINTR)
		return bd_fail_errno(err, "cannot wait for xenstore");
	if (fds[1].revents)
		return bd_canceled(err, "stopped");
	if (fds[0].revents & (POLLERR | POLLHUP | POLLNVAL))
		return bd_fail(err, EIO, "xenstored closed the connection");
	char **fired;
	while ((fired = xs_check_watch(waiting->xs)))
		free(fired);
	return 0;
}

static int wait_for(struct waiting *waiting, enum bd_toolstack_wait_result *result_out, struct bd_error *err)
{
	if (!xs_watch(waiting->xs, "@introduceDomain", "domain") ||
	    !xs_watch(waiting->xs, "@releaseDomain", "domain"))
		return bd_fail_errno(err, "cannot watch xenstore");
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
		if (sleep_until_change(waiting, err))
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
	waiting.xs = xs_open(0);
	if (!waiting.xs)
		return bd_fail_errno(err, "cannot communicate with xenstored");
	int r = wait_for(&waiting, result_out, err);
	xs_close(waiting.xs);
	return r;
}
