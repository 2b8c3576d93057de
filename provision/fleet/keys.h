/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys that a guest can have in a manifest, and suggestions for unknown ones. */
#ifndef BD_FLEET_KEYS_H
#define BD_FLEET_KEYS_H

#include <stdbool.h>

enum bd_fleet_kind {
	BD_FLEET_TEXT, /* a string */
	BD_FLEET_NUMBER, /* a number, or a string: memory 512 or "1G" */
	BD_FLEET_FLAG, /* true or false */
	BD_FLEET_LIST, /* a string, or an array of strings */
	BD_FLEET_NETWORK_LIST, /* likewise, with objects beside strings (fleet/networks.h) */
};

/* "a string", for people. */
const char *bd_fleet_kind_name(enum bd_fleet_kind kind);

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

/* Where each key stands in bd_fleet_keys. */
enum bd_fleet_key_index {
	BD_FLEET_SIZE,
	BD_FLEET_DEVICE,
	BD_FLEET_LVM,
	BD_FLEET_SWAP,
	BD_FLEET_DISKS,
	BD_FLEET_MOUNTS,
	BD_FLEET_LAYOUT,
	BD_FLEET_BOOT_SECTOR,
	BD_FLEET_FS,
	BD_FLEET_TEMPLATE,
	BD_FLEET_TYPE,
	BD_FLEET_BOOT,
	BD_FLEET_MEMORY,
	BD_FLEET_VCPUS,
	BD_FLEET_NETWORK,
	BD_FLEET_BRIDGE,
	BD_FLEET_MAC,
	BD_FLEET_IP,
	BD_FLEET_POOL,
	BD_FLEET_GATEWAY,
	BD_FLEET_IP6,
	BD_FLEET_GATEWAY6,
	BD_FLEET_NETWORKS,
	BD_FLEET_DNS,
	BD_FLEET_SSH_KEYS,
	BD_FLEET_USER,
	BD_FLEET_ROOT_PASSWORD_HASH,
	BD_FLEET_ROOT_PASSWORD_FILE,
	BD_FLEET_FILES,
	BD_FLEET_APPEND,
	BD_FLEET_USER_DATA,
	BD_FLEET_RUN_ONCE,
	BD_FLEET_AUTOSTART,
	BD_FLEET_KEY_COUNT
};

/* NULL: there is none of that name. */
const struct bd_fleet_key *bd_fleet_key_find(const char *name);

/* The name that the text is closest to: an option of `new` with its dashes, or a name a slip or two away. others: names
 * that are right in the same place, ended by NULL; may be NULL. keys: whether those of bd_fleet_keys are. NULL: nothing
 * is close. */
const char *bd_fleet_key_guess(const char *text, const char *const *others, bool keys);

#endif
