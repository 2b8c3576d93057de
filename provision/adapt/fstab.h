/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fstab(5) of a template on a disk of the guest's own: the root filesystem, swap and what else this disk has get their
 * lines; lines for disks and partitions that the guest does not have become comments; all other lines stay byte for
 * byte. */
#ifndef BD_ADAPT_FSTAB_H
#define BD_ADAPT_FSTAB_H

#include <stddef.h>

#include "base/err.h"
#include "rootfs/overlay.h"

/* A filesystem, or swap, of the guest's disks. All texts are borrowed. */
struct bd_fstab_entry {
	const char *device; /* "UUID=..." */
	const char *mount_point; /* "none": swap */
	const char *type; /* "ext3", "swap" */
	const char *options;
	int pass; /* of fsck at boot */
};

/* The entry of "/" comes first, and each before those that are mounted in it. The root filesystem's line keeps the template's
 * options, as far as an ext filesystem has them. What became a comment, or lost options, is said in a warning. who: the guest's
 * name, for that. */
int bd_fstab_add(const struct bd_overlay *overlay, const struct bd_fstab_entry *entries, size_t count,
		 const char *who, struct bd_error *err);

#endif
