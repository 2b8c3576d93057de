/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a template's initramfs lacks for guests of it to find their disks. */
#ifndef BD_OPS_TEMPLATE_INITRAMFS_H
#define BD_OPS_TEMPLATE_INITRAMFS_H

#include "base/err.h"
#include "rootfs/sealed.h"
#include "rootfs/system.h"

/* Adds to system->lacks, which was detected. An initramfs that cannot be read lacks nothing. */
int template_look_into_initramfs(const struct bd_sealed *sealed, struct bd_system *system, struct bd_error *err);

#endif
