/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The data about a fleet's guests that other programs need and guest_facts do not contain: host keys, and all of its addresses. */
#ifndef BD_OPS_FLEET_EXPORT_H
#define BD_OPS_FLEET_EXPORT_H

#include "ops/fleet/view.h"

#define FLEET_HOST_KEY_SIZE 4096

struct fleet_addresses {
	char items[2 * BD_ADDRESSES_MAX * BD_NETWORKS_MAX + 2][BD_ADDRESS_SIZE]; /* without prefix lengths */
	size_t count;
};

/* All addresses that the guest's config tells of, those of the first interface first; said: also what the running guest says of
 * itself. item->facts is there. */
void fleet_export_addresses(const struct fleet_item *item, bool said, struct fleet_addresses *addresses_out);

/* The guest's public SSH host key, from its disk: "TYPE BASE64". What is inside a guest is the guest's to say, so it is
 * made sure that it is one key, and nothing that ends a line. item->facts is there. */
int fleet_export_host_key(const struct fleet_item *item, char key_out[FLEET_HOST_KEY_SIZE], struct bd_error *err);

#endif
