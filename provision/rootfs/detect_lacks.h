/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Detects what a root filesystem lacks for booting under Xen and for being reached. */
#ifndef BD_ROOTFS_DETECT_LACKS_H
#define BD_ROOTFS_DETECT_LACKS_H

#include "base/err.h"
#include "rootfs/root_reader.h"
#include "rootfs/system.h"

/* Sets system->lacks, when the rest of it has been detected. kernel_version: as bd_detect_kernel has it. The initramfs is not read. */
int bd_detect_lacks(const struct bd_root_reader *root, const char *kernel_version, struct bd_system *system,
		    struct bd_error *err);

#endif
