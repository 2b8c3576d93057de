/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRUB 2's boot sector and core.img as this host's GRUB has them, for comparison with a disk's, and to write them anew. */
#ifndef BD_OPS_CHECK_BOOT_SECTOR_H
#define BD_OPS_CHECK_BOOT_SECTOR_H

#include <stdbool.h>

#include "base/err.h"
#include "ops/check/check_disk.h"

enum boot_sector_match {
	BOOT_SECTOR_UNKNOWN, /* this host has no GRUB for it, or another one: nothing can be said */
	BOOT_SECTOR_SAME,
	BOOT_SECTOR_DAMAGED, /* most of it is the same */
};

/* An error of reading only. */
int boot_sector_compare(const struct check_disk *disk, enum boot_sector_match *match_out, struct bd_error *err);

/* The disk has one of our layouts with the root filesystem in partition 1, and GRUB is installed here. In the cylinder layout the
 * modules in the filesystem have to be of the same GRUB, so most of core.img has to match. */
bool boot_sector_can_write(const struct check_disk *disk, enum boot_sector_match match);

/* All or nothing (disk/redo.h). The place is open for writing. */
int boot_sector_write(const struct check_disk *disk, struct bd_error *err);

#endif
