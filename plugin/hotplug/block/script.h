/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two commands of a block script, add and remove. */
#ifndef BD_HOTPLUG_BLOCK_SCRIPT_H
#define BD_HOTPLUG_BLOCK_SCRIPT_H

#include "hotplug/block/backend.h"

/* The places of the host; tests have others. */
struct bd_block_host {
	const char *mountinfo; /* bd_block_find_mount */
	const char *bus; /* where the kernel has a folder for each device of a backend's driver */
	const char *our_locks, *xens_locks; /* bd_block_lock */
	unsigned lock_wait_ms; /* libxl ends a script after 40 s */
	unsigned driver_wait_ms; /* until the backend's driver has opened the device */
};

#define BD_BLOCK_HOST_DEFAULT \
	{ \
		.mountinfo = "/proc/self/mountinfo", .bus = "/sys/bus/xen-backend/devices", \
		.our_locks = "/run/xen-bigdisk", .xens_locks = "/var/run/xen-hotplug", .lock_wait_ms = 30000, \
		.driver_wait_ms = 5000 \
	}

/* Beside 0 and -1: params lead to no file and no block device, and the type is neither phy nor file. Nothing has been done: it is a
 * case for Xen's script, which has helpers for nbd, iscsi and others. */
#define BD_BLOCK_NOT_OURS 1

/* Gives a guest its disk: checks who else has it, attaches a file to a loop device, and writes what bd_block_backend_answer writes.
 * Returns when the kernel's driver has opened a loop device. A failure has been written to hotplug-error. */
int bd_block_add(const struct bd_xenstore *store, struct bd_block_backend *backend, const struct bd_block_host *host,
		 struct bd_error *err);

/* Takes it away: detaches the loop device, if there is one. Writes nothing, as libxl is removing the backend. */
int bd_block_remove(const struct bd_xenstore *store, struct bd_block_backend *backend, struct bd_error *err);

#endif
