/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a disk has to be copied so that nothing is lost: not the holes of its file, not the free blocks of its ext2, ext3 and ext4
 * filesystems, and of all else nothing that is zeros. */
#ifndef BD_OPS_IMAGE_USED_RANGES_H
#define BD_OPS_IMAGE_USED_RANGES_H

#include <stdbool.h>

#include "base/err.h"
#include "disk/data_ranges.h"
#include "ops/image/place.h"

struct used_ranges {
	struct bd_data_ranges ranges; /* data_bytes is set */
	uint64_t free_bytes; /* of filesystems, that are left out */
};

void used_ranges_dispose(struct used_ranges *used); /* idempotent */

/* The disk must not change meanwhile and until it has been copied. The bitmaps of a filesystem that is marked as having errors, or
 * was not unmounted cleanly and has no journal that can be replayed, or whose bitmaps have blocks as free that its inodes have, are
 * not relied on; a warning says so. whole: nor are others. Reads
 * what is in no such filesystem, to look for zeros. */
int image_used_ranges(const struct image_place *place, uint64_t size_bytes, bool whole, struct used_ranges *used_out,
		      struct bd_error *err);

#endif
