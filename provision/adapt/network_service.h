/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting what configures a guest's network when it boots: its service is enabled where it is not, by the init that the
 * guest has. */
#ifndef BD_ADAPT_NETWORK_SERVICE_H
#define BD_ADAPT_NETWORK_SERVICE_H

#include "base/err.h"
#include "rootfs/overlay.h"
#include "rootfs/system.h"

/* What was enabled, or cannot be, is said. who: the guest's name, for that. With BD_NETWORK_NONE, a DHCP client that is
 * installed. */
int bd_network_service_enable(const struct bd_system *system, const struct bd_overlay *overlay, const char *who,
			      struct bd_error *err);

#endif
