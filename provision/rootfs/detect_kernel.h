/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Detects the kernel and the initramfs in a root filesystem. */
#ifndef BD_ROOTFS_DETECT_KERNEL_H
#define BD_ROOTFS_DETECT_KERNEL_H

#include "base/err.h"
#include "rootfs/root_reader.h"
#include "rootfs/system.h"

/* The paths in system; empty when there is none. */
int bd_detect_kernel(const struct bd_root_reader *root, struct bd_system *system, struct bd_error *err);

#endif
