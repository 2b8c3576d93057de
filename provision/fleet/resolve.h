/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last step of reading a guest: from merged layers to its settings. */
#ifndef BD_FLEET_RESOLVE_H
#define BD_FLEET_RESOLVE_H

#include "fleet/layer.h"

/* index: the guest's in its group. merged is used up. EINVAL: what excludes each other is said in one place. */
int bd_fleet_resolve(const struct bd_fleet_source *source, struct bd_fleet_layer *merged, size_t index,
		     struct bd_fleet_guest *guest, struct bd_error *err);

#endif
