/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which field of a request (guest/create_request.h) a key of a manifest sets. */
#ifndef BD_FLEET_FIELDS_H
#define BD_FLEET_FIELDS_H

#include "fleet/keys.h"
#include "guest/create_request.h"

/* BD_FIELD_NONE: none, as of "pool". The keys are in the order in which a request wants its fields. */
enum bd_field bd_fleet_field(enum bd_fleet_key_index key);

/* NULL: no key sets the field. */
const struct bd_fleet_key *bd_fleet_key_of_field(int field);

#endif
