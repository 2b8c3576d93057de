/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By whose hotplug scripts guests get their disks and interfaces: "hotplug" of the host's defaults. */
#ifndef BD_OPS_HOST_HOTPLUG_H
#define BD_OPS_HOST_HOTPLUG_H

#include "ops/host/boot.h"

/* Tells the toolstack, before create() or attach(). Defaults that cannot be read are warned of, and keep no guest from being started. */
void boot_set_hotplug(struct boot *boot);

#endif
