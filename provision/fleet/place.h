/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network places of guests: those already taken on this host, and those that each guest of a fleet gets. */
#ifndef BD_FLEET_PLACE_H
#define BD_FLEET_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fleet/pool.h"

/* What guests of this host have by their cfgs, of this fleet or not; an entry for each interface, the first of a guest's
 * with its addresses. Borrowed. */
struct bd_fleet_taken {
	const char *name; /* the guest's */
	const char *address; /* "192.0.2.12/24", or several with commas, or NULL */
	const char *address6; /* "2001:db8::12/64", likewise */
	const char *network; /* of an interface behind the first: as in guest/network_spec.h, or NULL */
	const char *vif_ip; /* xl's ip= of the interface: addresses with blanks between them, or NULL */
	size_t interface; /* its number; 0 the first */
	bool has_mac;
	uint8_t mac[6];
};

/* What an interface behind the first is assigned, in addition to what the manifest says of it. */
struct bd_fleet_further {
	char address[BD_POOL_ADDRESS_SIZE]; /* from its pool; "": it has none */
	bool has_mac; /* derived; false: the manifest says which, or the guest has no network */
	uint8_t mac[6];
};

struct bd_fleet_place {
	struct bd_fleet_further *further; /* one for each value of "networks", the fleet's memory; NULL for none */
	char address[BD_POOL_ADDRESS_SIZE]; /* from the pool, "192.0.2.104/24"; "": the guest has no pool */
	uint8_t mac[6]; /* what the manifest says, else derived */
	bool has_mac; /* false: the guest has no network */
};

#endif
