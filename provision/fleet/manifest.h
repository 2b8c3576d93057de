/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fleet's manifest: which guests there are to be. JSON:
 *
 *   { "fleet": "shop",
 *     "defaults": { "template": "debian-12", "memory": "1G", "gateway": "192.0.2.1", "ssh_keys": ["admin.pub"] },
 *     "groups": {
 *       "web": { "guests": "web{01..20}", "ip": "192.0.2.{11..30}/24" },
 *       "db":  { "guests": ["db1", "db{2..3}"], "pool": "192.0.2.100-192.0.2.120/24", "type": "pvh" } },
 *     "guests": { "web07": { "memory": "4G" }, "mail": {} } }
 *
 * "fleet" and at least one guest are needed. A guest's settings are those of "defaults", then of its group, then its own
 * in "guests"; the last wins, also for lists. A guest is in one group at most; names in "guests" that no group has are
 * guests of their own. The keys are those of bd_fleet_keys; null and [] take back what was said before. Of things that
 * exclude each other (ip and pool; root_password_hash and root_password_file; "network": false and addresses; "type":
 * "hvm" and boot) the more specific place wins; in one place they are an error. A gateway of "defaults" is for the guests
 * with a static address only. Schema: templates/fleet.schema.json; manual: xen-bigdisk-fleet(5).
 */
#ifndef BD_FLEET_MANIFEST_H
#define BD_FLEET_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/json_tree.h"

#define BD_FLEET_NAME_SIZE 64
#define BD_FLEET_GUESTS_MAX 100000

enum bd_fleet_kind {
	BD_FLEET_TEXT, /* a string */
	BD_FLEET_NUMBER, /* a number, or a string: memory 512 or "1G" */
	BD_FLEET_FLAG, /* true or false */
	BD_FLEET_LIST, /* a string, or an array of strings */
};

/* Where what a key says is found afterwards. */
enum bd_fleet_place_of_key {
	BD_FLEET_IN_CFG, /* it can change for a guest that exists */
	BD_FLEET_IN_DISK, /* it cannot */
	BD_FLEET_ONCE, /* it is used when the guest is made; a change is for guests that are made from then on */
};

/* A key that a guest can have, and the option of `new` that it stands for (with dashes: "ssh_keys" is --ssh-key). */
struct bd_fleet_key {
	const char *name;
	enum bd_fleet_kind kind;
	/* Without the dashes; NULL: `new` has none ("pool", "autostart"). One is turned round: "network": false is --no-net,
	 * and true is nothing. */
	const char *option;
	bool counts; /* "{11..30}" in its value, or one of them, counts along with the guests of a group */
	bool is_path; /* relative to the manifest's folder; of "HOST:GUEST" the part before the colon */
	enum bd_fleet_place_of_key place;
	const char *help; /* one line, for fleet(5) and the schema */
};

/* The last has no name. */
extern const struct bd_fleet_key bd_fleet_keys[];

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

struct bd_arena;

struct bd_fleet {
	char name[BD_FLEET_NAME_SIZE];
	struct bd_json_tree json;
	struct bd_fleet_guest *guests; /* in the manifest's order: groups, then the others */
	size_t count;
	struct bd_arena *memory;
};

/* All that is wrong with the text itself is found here: unknown keys (with the one that was probably meant), wrong types,
 * ranges that cannot be, a guest twice, a range of addresses shorter than its guests. Values are left to `new`'s own
 * checks. EINVAL, with file, line and column. path "-": standard input, its relative paths are the working directory's. */
int bd_fleet_read(const char *path, struct bd_fleet *fleet_out, struct bd_error *err);
void bd_fleet_dispose(struct bd_fleet *fleet); /* idempotent */

/* NULL: the guest does not have it. */
const struct bd_fleet_setting *bd_fleet_find(const struct bd_fleet_guest *guest, const char *key);
/* The value of a text key, or NULL. */
const char *bd_fleet_text(const struct bd_fleet_guest *guest, const char *key);

/* The JSON Schema of manifests, from bd_fleet_keys; the caller frees. */
int bd_fleet_schema(char **text_out, struct bd_error *err);

#endif
