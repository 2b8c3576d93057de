/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's backend driver, xen-blkback: whether it has opened the device that xenstore names. */
#ifndef BD_HOTPLUG_BLOCK_DRIVER_H
#define BD_HOTPLUG_BLOCK_DRIVER_H

#include "hotplug/block/backend.h"

enum bd_block_driver_state {
	BD_BLOCK_DRIVER_HAS_IT, /* and keeps it open until the backend is removed */
	BD_BLOCK_DRIVER_UNKNOWN, /* not within the time, or there is no folder for this backend */
};

/* Waits until it has. The driver makes the attribute physical_device in its device's folder of sysfs once it has opened it
 * (drivers/block/xen-blkback/xenbus.c: backend_changed), of which nothing else tells; so it is looked for, at first every 0.2 ms. Fails
 * where the backend is closed meanwhile, as the driver does when it cannot open the device. bus: as of struct bd_block_host. */
int bd_block_wait_for_driver(const struct bd_xenstore *store, const struct bd_block_backend *backend, const char *bus,
			     dev_t device, unsigned wait_ms, enum bd_block_driver_state *state_out,
			     struct bd_error *err);

#endif
