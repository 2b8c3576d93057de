/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares a guest with its description in the manifest. Pure.
 *
 * Only what the manifest sets is compared; anything else that an administrator has set in the config is kept.
 * Settings that are used once, when the guest is created, are not compared: keys and the account that they are for, passwords, files,
 * scripts. Those that the guest keeps may have been changed in it since, which is its administrator's affair. */
#ifndef BD_FLEET_COMPARE_H
#define BD_FLEET_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fleet/fleet.h"
#include "fleet/parts.h"
#include "fleet/place.h"
#include "guest/description.h"
#include "xlcfg/read.h"

struct bd_fleet_wanted {
	const struct bd_guest *guest; /* as `new` would make it */
	const char *template, *layout, *boot_sector;
	const char *device; /* as the cfg has it where that is another name of the same; NULL: none is wanted */
	uint64_t disk_bytes, swap_bytes;
};

struct bd_fleet_have {
	const struct bd_cfg *cfg;
	uint64_t disk_bytes; /* 0: not known, or a device, which may be larger than what is used of it */
	bool knows_disks;
	struct bd_fleet_parts disks; /* behind the first */
	const char *fstab; /* the text of the guest's own; NULL: not known */
	const char *layout; /* NULL: not known; else swap and the partitions are known, too */
	const char *boot_sector; /* "none", "grub2", "grub-legacy", "other"; NULL: not known */
	uint64_t swap_bytes; /* 0: none */
	struct bd_fleet_parts mounts; /* the partitions behind the root's that are not swap, by their numbers */
	const char *fs; /* of the root filesystem; NULL: not known */
	bool knows_autostart, autostart;
};

struct bd_fleet_change {
	const char *key; /* the manifest's */
	/* Of "networks": the number of the interface, as in the cfg, and which of the keys that can be changed there it is: "bridge", "mac"
	 * and those of guest/vif_keys.h; NULL: none of them. */
	size_t interface;
	const char *part;
	char from[64], to[64]; /* for people */
	/* It cannot be changed in the cfg. Of a MAC address, the disk's content decides, which is not looked at here. */
	bool needs_new_disk;
};

/* One of each key, and of each interface its bridge, its MAC address and the keys of guest/vif_keys.h. */
#define BD_FLEET_CHANGES_MAX (32 + 13 * BD_NETWORKS_MAX)

/* Returns how many there are. */
size_t bd_fleet_compare(const struct bd_fleet_guest *guest, const struct bd_fleet_place *place,
			const struct bd_fleet_wanted *wanted, const struct bd_fleet_have *have,
			struct bd_fleet_change changes_out[BD_FLEET_CHANGES_MAX]);

#endif
