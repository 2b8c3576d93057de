/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the comment in a config says of the guest's interfaces (xlcfg/read.h). */
#ifndef BD_XLCFG_NETWORK_H
#define BD_XLCFG_NETWORK_H

#include "guest/network.h"
#include "xlcfg/read.h"

/* Of one interface. Addresses that are none are left out: a config may be written by hand. */
void bd_cfg_network(const struct bd_cfg *cfg, size_t number, struct bd_network *network_out);

#endif
