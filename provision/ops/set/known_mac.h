/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the files in a guest's disk know a network interface by its MAC address: those of systemd-networkd, netplan,
 * NetworkManager, cloud-init, udev, ifupdown and the network scripts. With another address in the config, such a guest would
 * start without its network. */
#ifndef BD_OPS_SET_KNOWN_MAC_H
#define BD_OPS_SET_KNOWN_MAC_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "xlcfg/read.h"

/* path_out: of the first such file, or the disk with cloud-init's seed. A guest that runs is read as its disk is at the moment. Any
 * error: it cannot be told. */
int guest_knows_mac(const struct bd_cfg *cfg, const uint8_t mac[6], bool *knows_out, char path_out[PATH_MAX],
		    struct bd_error *err);

#endif
