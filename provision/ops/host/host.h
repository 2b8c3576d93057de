/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The properties of this host that a guest's config depends on: bridges, GRUB for Xen, the restricted bootloader's
 * user. */
#ifndef BD_OPS_HOST_HOST_H
#define BD_OPS_HOST_HOST_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "guest/description.h"
#include "xlcfg/read.h"

/* vif.default.bridge of xl.conf(5), else "xenbr0". Returns whether xl.conf says so. */
bool bd_host_default_bridge(char name_out[16]);

/* ENXIO when there is no such bridge; the message names those that there are. */
int bd_host_check_bridge(const char *name, struct bd_error *err);
/* Of all interfaces but those with a script of their own, which may have another idea of what bridge= is. */
int bd_host_check_bridges(const struct bd_networks *networks, struct bd_error *err);
/* That vlan= of the interfaces is known to the Xen that runs here, if any; warns where the hotplug script passes over it. */
int bd_host_check_vlans(const struct bd_networks *networks, struct bd_error *err);

/* GRUB built as a Xen kernel for this type of guest: the first place where it is, or, with ENOPKG, where Debian
 * keeps it (path_out is set in both cases). */
int bd_host_find_pvgrub(enum bd_guest_type type, const char **path_out, struct bd_error *err);

/* UEFI for HVM guests (OVMF): likewise. One that is there, and was built for other hypervisors only, is warned of. */
int bd_host_find_ovmf(const char **path_out, struct bd_error *err);

bool bd_host_has_bootloader_user(void);
bool bd_host_has_bootloader_range(void);

/* Why the bootloader of a config that restricts it cannot read the guest's disk. */
enum bd_bootloader_obstacle {
	BD_BOOTLOADER_FINE, /* or: it is not restricted, or there is none, or the disk is not there */
	BD_BOOTLOADER_NO_USER,
	BD_BOOTLOADER_ROOT, /* libxl refuses a user whose number is 0 */
	BD_BOOTLOADER_CANNOT_READ,
};
/* user_out: its name, borrowed from cfg or a constant. */
enum bd_bootloader_obstacle bd_host_bootloader_obstacle(const struct bd_cfg *cfg, const char **user_out);
/* An interface of that name exists but is down. */
bool bd_host_bridge_is_down(const char *name);

/* Lets that user read an image, and nobody else, by an ACL: pygrub gives itself the user's number as its only group,
 * so the user's real group would not do. ENOTSUP: this filesystem has no ACLs. */
int bd_host_let_bootloader_read(int fd, struct bd_error *err);

#endif
