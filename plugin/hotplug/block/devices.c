/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list of block devices. */
#include "hotplug/block/devices.h"

#include <stdlib.h>

#include "base/array.h"

int bd_block_devices_add(struct bd_block_devices *devices, dev_t device, struct bd_error *err)
{
	if (bd_array_grow(devices->items, devices->count, err) != 0)
		return -1;
	devices->items[devices->count++] = device;
	return 0;
}

bool bd_block_devices_have(const struct bd_block_devices *devices, dev_t device)
{
	for (size_t i = 0; i < devices->count; i++)
		if (devices->items[i] == device)
			return true;
	return false;
}

void bd_block_devices_dispose(struct bd_block_devices *devices)
{
	free(devices->items);
	*devices = (struct bd_block_devices){ 0 };
}
