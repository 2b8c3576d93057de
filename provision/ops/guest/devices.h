/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices of a running guest's domain, and which settings of its config are not yet in effect. */
#ifndef BD_OPS_GUEST_DEVICES_H
#define BD_OPS_GUEST_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ops/host/boot.h"
#include "xlcfg/read.h"

struct guest_devices {
	struct bd_toolstack_device *items;
	size_t count;
	bool known; /* false: the toolstack could not tell */
};

void guest_devices_dispose(struct guest_devices *devices); /* idempotent; a zeroed struct will do */

/* Of an open toolstack. What cannot be told is not known. */
void guest_devices_read(const struct boot *boot, struct bd_toolstack *toolstack, uint32_t domid,
			struct guest_devices *devices_out);

/* What the cfg says of memory, virtual CPUs and network that the domain was not started with, in a line for people: from its
 * next start or reboot on it has it. "": nothing that is known of. Memory that was ballooned, and CPUs that were unplugged,
 * do not count: it is the most that a guest may have that is compared, or else what it has. */
#define GUEST_PENDING_SIZE 160
void guest_pending(const struct bd_cfg *cfg, const struct bd_toolstack_domain *domain,
		   const struct guest_devices *devices, char text_out[GUEST_PENDING_SIZE]);

#endif
