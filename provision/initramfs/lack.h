/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the initramfs of a root filesystem lacks for a guest to find its disk. */
#ifndef BD_INITRAMFS_LACK_H
#define BD_INITRAMFS_LACK_H

#include "base/err.h"
#include "rootfs/root_reader.h"
#include "rootfs/system.h"

/* Adds to system->lacks what only the content of the initramfs tells. One that is too large or damaged lacks nothing. */
int bd_initramfs_look(const struct bd_root_reader *root, struct bd_system *system, struct bd_error *err);

#endif
