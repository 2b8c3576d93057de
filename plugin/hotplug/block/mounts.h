/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which block devices dom0 has mounted, from /proc/self/mountinfo (proc_pid_mountinfo(5)).
 *
 * A mount counts by the device of its filesystem, and by that of its source: btrfs has a number of its own for the former.
 */
#ifndef BD_HOTPLUG_BLOCK_MOUNTS_H
#define BD_HOTPLUG_BLOCK_MOUNTS_H

#include <stdbool.h>

#include "hotplug/block/devices.h"

/* Looks in a file of that format for a mount of one of the devices; writable_only: read-only ones do not count. 1: *found_out is the
 * device. 0: there is none. Lines that are not of the format are skipped. */
int bd_block_find_mount(const char *mountinfo, const struct bd_block_devices *devices, bool writable_only,
			dev_t *found_out, struct bd_error *err);

#endif
