/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Assigns to each guest of a fleet what the manifest leaves open: an address from its pool, and a MAC address
 * derived from fleet and name. An existing guest keeps what it has. Pure. */
#ifndef BD_FLEET_ASSIGN_H
#define BD_FLEET_ASSIGN_H

#include <stddef.h>

#include "base/err.h"
#include "fleet/fleet.h"
#include "fleet/place.h"

/* places_out: one for each guest of the fleet, in its order; the caller frees. The checks: no MAC and no static address
 * twice in the fleet, or in use by another guest of this host (each message names both guests); a pool that is too small
 * says by how many. A pool: one text or several, "FIRST-LAST/LEN" or "NETWORK/LEN" (all its host addresses), IPv4; the
 * gateways and name
 * servers that the manifest names are never given away. A derived MAC is under 00:16:3e, the same for the same fleet and name unless it
 * is taken; then the next one derived is tried. Ten thousand guests take well under a second. EINVAL. */
int bd_fleet_assign(const struct bd_fleet *fleet, const struct bd_fleet_taken *taken, size_t taken_count,
		    struct bd_fleet_place **places_out, struct bd_error *err);

#endif
