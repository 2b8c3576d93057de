/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Describes in words what a block device is used for: "is mounted on /srv". What is on it: inside/probe.h. */
#ifndef BD_DISK_USE_DEVICE_LOOK_H
#define BD_DISK_USE_DEVICE_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

#define BD_DEVICE_TEXT_SIZE 512

/* Who uses the device or one of its partitions. False: nobody who can be seen. */
bool bd_device_find_use(dev_t number, char text_out[BD_DEVICE_TEXT_SIZE]);

/* Likewise; always finds some words. */
void bd_device_describe_use(dev_t number, char text_out[BD_DEVICE_TEXT_SIZE]);

/* Linux's block backend opens disks without O_EXCL, but says which ones it has.
 * folder: BD_XEN_BACKENDS. True: it is the disk of that running domain. */
#define BD_XEN_BACKENDS "/sys/bus/xen-backend/devices"
bool bd_device_find_xen_domain(const char *folder, dev_t number, unsigned *domid_out);

#endif
