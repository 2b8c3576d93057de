/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network configuration inside the guest, for the program that it uses. An interface is matched by its MAC
 * address; if only a name is possible (ifupdown), it is eth0, eth1 and so on, and a udev rule gives it that name. */
#ifndef BD_GUEST_NETWORK_FILES_H
#define BD_GUEST_NETWORK_FILES_H

#include "guest/description.h"
#include "rootfs/overlay.h"
#include "rootfs/system.h"

/* The files for system->network, and /etc/resolv.conf where DNS servers are given and nobody in the guest writes it.
 * BD_EUSAGE: this system cannot be configured so. */
int bd_network_files_add(const struct bd_guest *guest, const struct bd_system *system,
			 const struct bd_overlay *overlay, struct bd_error *err);

#endif
