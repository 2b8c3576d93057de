/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How to tell which domains have a monitor of ours, which have lost theirs, and which belong to another toolstack.
 *
 * A domain that we created has its own node in xenstore, /local/domain/DOMID/xen-bigdisk, with the path of its
 * config and the pid of its monitor. xenstore ends with dom0 and the node with the domain, so a stale node is never
 * mistaken for another domain's. While a monitor watches a domain it holds a lock for the guest's UUID
 * (base/file/byte_lock.h), which the kernel releases with the process, however that ends. A domain with the node
 * but without the lock has lost its monitor; one without the node belongs to another toolstack. */
#ifndef BD_LIBXL_MONITOR_PRESENCE_H
#define BD_LIBXL_MONITOR_PRESENCE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <libxl.h>
#include <xenstore.h>

#include "base/err.h"
#include "toolstack/toolstack.h"

/* Held until lock_fd_out is closed. EEXIST: another process looks after the guest. */
int bd_presence_lock(const libxl_uuid *uuid, int *lock_fd_out, struct bd_error *err);

/* Writes the node; this process is the monitor. */
int bd_presence_announce(uint32_t domid, const char *cfg_path, struct bd_error *err);
/* Takes it away: the monitor ends, and what is left of the domain is to be left. */
void bd_presence_withdraw(uint32_t domid);

/* For many domains at once. */
struct bd_presence {
	struct xs_handle *xs; /* NULL: xenstored does not answer */
	int lock_fd; /* -1: no monitor of ours has run since dom0 was booted */
};

void bd_presence_open(struct bd_presence *presence);
void bd_presence_close(struct bd_presence *presence); /* idempotent */
enum bd_toolstack_monitor bd_presence_of(const struct bd_presence *presence, uint32_t domid, const libxl_uuid *uuid);

#endif
