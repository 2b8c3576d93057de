/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Giving each guest of a fleet what the manifest leaves open: an address of its pool, and a MAC address that follows from
 * fleet and name. What a guest has already stays its own. Pure.
 */
#ifndef BD_FLEET_ASSIGN_H
#define BD_FLEET_ASSIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "fleet/manifest.h"

/* What guests of this host have by their cfgs, of this fleet or not; an entry for each interface, the first of a guest's
 * with its addresses. Borrowed. */
struct bd_fleet_taken {
	const char *name; /* the guest's */
	const char *address; /* "192.0.2.12/24", or NULL */
	const char *address6; /* "2001:db8::12/64", or NULL */
	const char *vif_ip; /* xl's ip= of the interface: addresses with blanks between them, or NULL */
	bool has_mac;
	uint8_t mac[6];
};

struct bd_fleet_place {
	char address[20]; /* from the pool, with its prefix length: "192.0.2.104/24"; "": the guest has no pool */
	uint8_t mac[6]; /* what the manifest says, else derived */
	bool has_mac; /* false: the guest has no network */
};

/* places_out: one for each guest of the fleet, in its order; the caller frees. The checks: no MAC and no static address
 * twice in the fleet, or in use by another guest of this host (each message names both guests); a pool that is too small
 * says by how many. A pool: one text or several, "FIRST-LAST/LEN" or "NETWORK/LEN" (all its host addresses), IPv4; the
 * gateways and name
 * servers that the manifest names are never given away. A derived MAC is under 00:16:3e, the same for the same fleet and name unless it
 * is taken; then the next one derived is tried. Ten thousand guests take well under a second. EINVAL. */
int bd_fleet_assign(const struct bd_fleet *fleet, const struct bd_fleet_taken *taken, size_t taken_count,
		    struct bd_fleet_place **places_out, struct bd_error *err);

#endif
