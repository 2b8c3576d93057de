/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Detects which program configures the network of a root filesystem. */
#ifndef BD_ROOTFS_DETECT_NETWORK_H
#define BD_ROOTFS_DETECT_NETWORK_H

#include "base/err.h"
#include "rootfs/root_reader.h"
#include "rootfs/system.h"

int bd_detect_network(const struct bd_root_reader *root, struct bd_system *system, struct bd_error *err);

#endif
