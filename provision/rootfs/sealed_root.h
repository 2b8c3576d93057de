/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a sealed template as a root filesystem (rootfs/root_reader.h). */
#ifndef BD_ROOTFS_SEALED_ROOT_H
#define BD_ROOTFS_SEALED_ROOT_H

#include "rootfs/root_reader.h"
#include "rootfs/sealed.h"

/* sealed is borrowed. */
struct bd_root_reader bd_sealed_root_reader(const struct bd_sealed *sealed);

#endif
