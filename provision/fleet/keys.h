/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where each key stands in bd_fleet_keys, and what was probably meant by one that is not there. */
#ifndef BD_FLEET_KEYS_H
#define BD_FLEET_KEYS_H

#include "fleet/manifest.h"

enum bd_fleet_key_index {
	BD_FLEET_SIZE,
	BD_FLEET_DEVICE,
	BD_FLEET_SWAP,
	BD_FLEET_LAYOUT,
	BD_FLEET_BOOT_SECTOR,
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
	BD_FLEET_DNS,
	BD_FLEET_SSH_KEYS,
	BD_FLEET_ROOT_PASSWORD_HASH,
	BD_FLEET_ROOT_PASSWORD_FILE,
	BD_FLEET_FILES,
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
