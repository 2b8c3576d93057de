/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Determines which domains have a monitor, by the node in xenstore and the lock. */
#include "libxl/monitor/presence.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/byte_lock.h"

#define LOCK_FOLDER "/run/xen-bigdisk"
#define LOCK_FILE LOCK_FOLDER "/monitors"

static off_t offset_of(const libxl_uuid *uuid)
{
	return bd_byte_lock_offset(libxl_uuid_bytearray_const(uuid), 16);
}

int bd_presence_lock(const libxl_uuid *uuid, int *lock_fd_out, struct bd_error *err)
{
	if (mkdir(LOCK_FOLDER, 0700) && errno != EEXIST)
		return bd_fail_errno(err, "cannot create the directory " LOCK_FOLDER);
	BD_CLOSE int lock = open(LOCK_FILE, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (lock < 0)
		return bd_fail_errno(err, "cannot open " LOCK_FILE);
	int r = bd_byte_lock(lock, offset_of(uuid));
	if (r != 0)
		return r > 0 ? bd_fail(err, EEXIST, "the guest already has a monitor")
			     : bd_fail_errno(err, "cannot lock " LOCK_FILE);
	*lock_fd_out = bd_take_fd(&lock);
	return 0;
}

static void node_path(uint32_t domid, const char *key, char path_out[96])
{
	snprintf(path_out, 96, "/local/domain/%u/xen-bigdisk%s", domid, key);
}

/* The domain's own part of xenstore is readable by the guest; what stands here is dom0's business. */
static bool write_private(struct xs_handle *xs, xs_transaction_t transaction, uint32_t domid, const char *key,
			  const char *value)
{
	struct xs_permissions dom0_only = { .id = 0, .perms = XS_PERM_NONE };
	char path[96];

	node_path(domid, key, path);
	return xs_write(xs, transaction, path, value, (unsigned)strlen(value)) &&
	       xs_set_permissions(xs, transaction, path, &dom0_only, 1);
}

/* false: errno says why. A transaction, so that no node is made for a domain that is going away meanwhile. */
static bool announce(struct xs_handle *xs, uint32_t domid, const char *cfg_path)
{
	char pid[32], domain[64];
	unsigned length;

	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	snprintf(domain, sizeof(domain), "/local/domain/%u/vm", domid);
	for (;;) {
		xs_transaction_t transaction = xs_transaction_start(xs);
		if (!transaction)
			return false;
		BD_FREE char *there = xs_read(xs, transaction, domain, &length);
		if (!there || !write_private(xs, transaction, domid, "", "") ||
		    !write_private(xs, transaction, domid, "/cfg", cfg_path) ||
		    !write_private(xs, transaction, domid, "/monitor", pid)) {
			int failure = errno;
			xs_transaction_end(xs, transaction, true);
			errno = failure;
			return false;
		}
		if (xs_transaction_end(xs, transaction, false))
			return true;
		if (errno != EAGAIN)
			return false;
	}
}

int bd_presence_announce(uint32_t domid, const char *cfg_path, struct bd_error *err)
{
	struct xs_handle *xs = xs_open(0);
	if (!xs)
		return bd_fail_errno(err, "cannot open xenstore");
	int r = announce(xs, domid, cfg_path)
			? 0
			: bd_fail_errno(err, "cannot record the monitor of domain %u in xenstore", domid);
	xs_close(xs);
	return r;
}

void bd_presence_withdraw(uint32_t domid)
{
	struct xs_handle *xs = xs_open(0);
	char path[96];

	if (!xs)
		return;
	node_path(domid, "", path);
	xs_rm(xs, XBT_NULL, path);
	xs_close(xs);
}

void bd_presence_open(struct bd_presence *presence)
{
	presence->xs = xs_open(0);
	presence->lock_fd = open(LOCK_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

void bd_presence_close(struct bd_presence *presence)
{
	if (presence->xs)
		xs_close(presence->xs);
	if (presence->lock_fd >= 0)
		close(presence->lock_fd);
	*presence = (struct bd_presence){ .lock_fd = -1 };
}

static bool is_ours(const struct bd_presence *presence, uint32_t domid)
{
	char path[96];
	unsigned length;

	node_path(domid, "/cfg", path);
	BD_FREE char *cfg = presence->xs ? xs_read(presence->xs, XBT_NULL, path, &length) : NULL;
	return cfg != NULL;
}

enum bd_toolstack_monitor bd_presence_of(const struct bd_presence *presence, uint32_t domid, const libxl_uuid *uuid)
{
	if (!is_ours(presence, domid))
		return BD_TOOLSTACK_MONITOR_FOREIGN;
	if (presence->lock_fd < 0)
		return BD_TOOLSTACK_MONITOR_NONE;
	/* Where it cannot be asked, nothing is said against the monitor. */
	int held = bd_byte_lock_is_held(presence->lock_fd, offset_of(uuid));
	if (held < 0)
		return BD_TOOLSTACK_MONITOR_FOREIGN;
	return held ? BD_TOOLSTACK_MONITOR_RUNS : BD_TOOLSTACK_MONITOR_NONE;
}
