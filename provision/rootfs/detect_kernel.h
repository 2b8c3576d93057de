/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Detects the kernel and the initramfs in a root filesystem. */
#ifndef BD_ROOTFS_DETECT_KERNEL_H
#define BD_ROOTFS_DETECT_KERNEL_H

#include "base/err.h"
#include "rootfs/root_reader.h"
#include "rootfs/system.h"

#define BD_KERNEL_VERSION_SIZE 128

/* The paths in system; empty when there is none. The newest of those in /boot (vmlinuz-*, kernel-*, bzImage-*, and the folders of
 * kernel-install(8)) and /usr/lib/modules that have an initramfs, or else of all; without a version, what is called as boot loaders
 * expect it. version_out: what of its name says its version, or "". */
int bd_detect_kernel(const struct bd_root_reader *root, struct bd_system *system,
		     char version_out[BD_KERNEL_VERSION_SIZE], struct bd_error *err);

#endif
