/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's network, in the words of what configures it there. The interface is found by its MAC address; where only
 * names will do (ifupdown) it is eth0, which udev is told to call it.
 */
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
