/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares a guest's further disks, or the partitions behind its root's, with those that are wanted: what the guest mounts by where it
 * does, whatever the order, and the others by their order. Pure. */
#ifndef BD_FLEET_PARTS_H
#define BD_FLEET_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest/disks.h"

/* One that there is. */
struct bd_fleet_part {
	uint64_t size_bytes;
	bool has_uuid;
	uint8_t uuid[16]; /* of the filesystem that takes all of it */
};

struct bd_fleet_parts {
	struct bd_fleet_part items[BD_FURTHER_DISKS_MAX];
	size_t count;
	uint64_t rounding_bytes; /* by which one's size may differ from what was asked for, by where it begins */
};

#define BD_FLEET_PARTS_TEXT_SIZE 512

/* Those that differ, for people: "/home=20 MiB, 5 MiB"; "" for none. fstab: the text of the guest's own; NULL: it is not known, and only
 * sizes count. What is wanted to be empty may have been given a filesystem by the guest, and what it mounts at a path may be on something
 * else, such as a logical volume. */
void bd_fleet_parts_compare(const struct bd_fleet_parts *have, const struct bd_guest_disk *wanted,
			    size_t wanted_count, const char *fstab, char from_out[BD_FLEET_PARTS_TEXT_SIZE],
			    char to_out[BD_FLEET_PARTS_TEXT_SIZE]);

#endif
