/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The values of a setting: one, or those of an array; expanded from ranges; resolved as paths. */
#ifndef BD_FLEET_VALUES_H
#define BD_FLEET_VALUES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json_tree.h"
#include "fleet/fleet.h"

/* What values are read from and into. */
struct bd_fleet_source {
	const struct bd_json_tree *json;
	struct bd_arena *memory;
	const char *folder; /* absolute; what relative paths are relative to */
};

/* The more specific has the higher rank. */
enum bd_fleet_rank { BD_FLEET_OF_HOST, BD_FLEET_OF_DEFAULTS, BD_FLEET_OF_GROUP, BD_FLEET_OF_GUEST };

/* The value of the key is of its kind. EINVAL. */
int bd_fleet_value_check_type(const struct bd_fleet_source *source, const char *name, enum bd_fleet_kind kind,
			      const struct bd_json_node *node, struct bd_error *err);
/* A range gives each guest of a group a value, and has no meaning elsewhere; guest_count: of the group. EINVAL. */
int bd_fleet_value_check_range(const struct bd_fleet_source *source, const char *name,
			       const struct bd_json_node *node, enum bd_fleet_rank rank, size_t guest_count,
			       struct bd_error *err);

size_t bd_fleet_value_count(const struct bd_json_node *node);
const struct bd_json_node *bd_fleet_value_node(const struct bd_json_node *node, size_t index);

/* It has a range, or what is to be one, where the key can have them (counts). An object has none of its own. */
bool bd_fleet_value_counts(bool counts, const struct bd_json_node *value);

/* Of a path: makes it absolute. */
int bd_fleet_value_place(const struct bd_fleet_source *source, const struct bd_fleet_key *key, const char **value,
			 struct bd_error *err);

/* What a range is for the guest of this index. */
int bd_fleet_value_item(const struct bd_fleet_source *source, const struct bd_fleet_key *key,
			const struct bd_json_node *value, size_t index, const char **item_out, struct bd_error *err);

#endif
