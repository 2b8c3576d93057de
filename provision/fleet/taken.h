/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The addresses that are taken before any are assigned, and who has them. */
#ifndef BD_FLEET_TAKEN_H
#define BD_FLEET_TAKEN_H

#include "fleet/address_table.h"
#include "fleet/fleet.h"
#include "fleet/place.h"

struct bd_taken_addresses {
	const struct bd_fleet *fleet;
	struct bd_address_table table;
	const struct bd_fleet_taken *
		*own; /* of each guest of the fleet: what its first interface has; NULL: it has none */
	const struct bd_fleet_taken *end; /* of all that is taken; entries of a guest follow each other */
};

/* All that guests of this host have, and all that the manifest says. EINVAL: something is taken twice. addresses:
 * zeroed; places: of each guest, gets has_mac of each interface, and the first one's MAC that the manifest says. */
int bd_taken_addresses_collect(const struct bd_fleet *fleet, const struct bd_fleet_taken *taken, size_t taken_count,
			       struct bd_taken_addresses *addresses, struct bd_fleet_place *places,
			       struct bd_error *err);
void bd_taken_addresses_dispose(struct bd_taken_addresses *addresses); /* idempotent */

/* What the guest's interface of that number has; NULL: there is none. */
const struct bd_fleet_taken *bd_taken_addresses_own(const struct bd_taken_addresses *addresses, size_t guest,
						    size_t interface);

#endif
