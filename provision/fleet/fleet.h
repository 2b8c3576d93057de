/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fleet as its manifest describes it: its guests, and the settings of each. */
#ifndef BD_FLEET_FLEET_H
#define BD_FLEET_FLEET_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/json_tree.h"
#include "fleet/keys.h"

struct bd_host_defaults;

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
	uint64_t
		canceled; /* a bit for each key that the manifest has null or [] of: no default of the host is wanted */
};

struct bd_fleet {
	char name[BD_FLEET_NAME_SIZE];
	struct bd_json_tree json;
	struct bd_fleet_guest *guests; /* in the manifest's order: groups, then the others */
	size_t count;
	struct bd_arena *memory;
	/* What the host says of all of its guests (fleet/host_defaults.h), below the manifest; borrowed. NULL: nothing. It is not
	 * among the guests' settings, as it is for guests that are made. */
	const struct bd_host_defaults *host;
};

void bd_fleet_dispose(struct bd_fleet *fleet); /* idempotent */

/* NULL: the guest does not have it. */
const struct bd_fleet_setting *bd_fleet_find(const struct bd_fleet_guest *guest, const char *key);
/* The value of a text key, or NULL. */
const char *bd_fleet_text(const struct bd_fleet_guest *guest, const char *key);

#endif
