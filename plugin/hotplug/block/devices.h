/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list of block devices by their numbers: those by which one disk can be in use. */
#ifndef BD_HOTPLUG_BLOCK_DEVICES_H
#define BD_HOTPLUG_BLOCK_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

struct bd_block_devices {
	dev_t *items; /* owned */
	size_t count;
};

int bd_block_devices_add(struct bd_block_devices *devices, dev_t device, struct bd_error *err);
bool bd_block_devices_have(const struct bd_block_devices *devices, dev_t device);
void bd_block_devices_dispose(struct bd_block_devices *devices); /* idempotent */

#endif
