/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The settings in one object of a manifest, and the merging of several such objects for one guest. */
#ifndef BD_FLEET_LAYER_H
#define BD_FLEET_LAYER_H

#include <stddef.h>

#include "base/err.h"
#include "base/json_tree.h"
#include "fleet/fleet.h"
#include "fleet/values.h"

struct bd_fleet_layer {
	struct bd_fleet_setting settings[BD_FLEET_KEY_COUNT]; /* key NULL: nothing is said */
	enum bd_fleet_rank ranks[BD_FLEET_KEY_COUNT];
	bool canceled[BD_FLEET_KEY_COUNT]; /* the last that was said is null or [] */
};

/* object: NULL says nothing. others: keys that may be in it beside the settings, ended by NULL; or NULL. guest_count: of
 * a group, the guests that ranges count along with. */
int bd_fleet_layer_read(const struct bd_fleet_source *source, const struct bd_json_node *object,
			enum bd_fleet_rank rank, const char *const *others, size_t guest_count,
			struct bd_fleet_layer *layer_out, struct bd_error *err);

/* What over says, and of base what over does not. */
void bd_fleet_layer_put(struct bd_fleet_layer *base, const struct bd_fleet_layer *over);

#endif
