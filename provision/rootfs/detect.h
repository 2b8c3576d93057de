/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds out what system a template holds: distribution, kernel, network configuration, servers.
 *
 * A template says so itself where that is not enough, in /etc/xen-bigdisk/template.json:
 *   {"network": "none|ifupdown|networkd|networkmanager|netplan", "machine_id": "empty|unique", "grub_cfg": "made|own"}
 * Each member may be left out.
 */
#ifndef BD_ROOTFS_DETECT_H
#define BD_ROOTFS_DETECT_H

#include "base/err.h"
#include "rootfs/root_reader.h"
#include "rootfs/sealed.h"
#include "rootfs/system.h"

#define BD_DETECT_DECLARATION "/etc/xen-bigdisk/template.json"

/* EINVAL: the template's own declaration is not right. */
int bd_system_detect(const struct bd_sealed *sealed, struct bd_system *system_out, struct bd_error *err);
/* The same for the system of a guest's own filesystem. */
int bd_system_detect_root(const struct bd_root_reader *root, struct bd_system *system_out, struct bd_error *err);

#endif
