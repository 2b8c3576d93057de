/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fleet as its manifest describes it: its guests, and the settings of each. */
#ifndef BD_FLEET_FLEET_H
#define BD_FLEET_FLEET_H

#include <stddef.h>

#include "base/arena.h"
#include "base/json_tree.h"
#include "fleet/keys.h"

#define BD_FLEET_NAME_SIZE 64
#define BD_FLEET_GUESTS_MAX 100000

struct bd_fleet_setting {
	const struct bd_fleet_key *key;
	const struct bd_json_node *node; /* where it was said, for messages */
	/* One text, for lists at least one; of a flag "true" or "false". Counted along, and paths made absolute. Owned by the
	 * fleet. */
	const char *const *values;
	size_t value_count;
};

struct bd_fleet_guest {
	const char *name; /* a valid guest's name */
	const char *group; /* NULL: none */
	const struct bd_json_node *node; /* where it is named */
	const struct bd_fleet_setting *settings; /* each key at most once, in the order of bd_fleet_keys */
	size_t setting_count;
};

struct bd_fleet {
	char name[BD_FLEET_NAME_SIZE];
	struct bd_json_tree json;
	struct bd_fleet_guest *guests; /* in the manifest's order: groups, then the others */
	size_t count;
	struct bd_arena *memory;
};

void bd_fleet_dispose(struct bd_fleet *fleet); /* idempotent */

/* NULL: the guest does not have it. */
const struct bd_fleet_setting *bd_fleet_find(const struct bd_fleet_guest *guest, const char *key);
/* The value of a text key, or NULL. */
const char *bd_fleet_text(const struct bd_fleet_guest *guest, const char *key);

#endif
