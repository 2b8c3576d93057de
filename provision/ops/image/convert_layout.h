/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Moves the filesystem of a disk from one layout (disk/plan.h) to the other: between sector 63 with borders of cylinders, and 1 MiB. */
#ifndef BD_OPS_IMAGE_CONVERT_LAYOUT_H
#define BD_OPS_IMAGE_CONVERT_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "disk/boot_code.h"
#include "disk/plan.h"

struct layout_result {
	char *image; /* owned */
	char *guest; /* owned; NULL: the image was named itself */
	bool changed; /* false: it has that layout already */
	uint64_t was_bytes, bytes; /* of the disk; it grows by what the borders take */
	enum bd_boot_code boot_code; /* GRUB 2's has been written anew, GRUB Legacy's has been moved */
};

void layout_result_dispose(struct layout_result *result); /* idempotent */

/* A new file is written beside the image, and takes its place when it is complete and on the disk.
 * ENOTSUP: a block device; a disk with other partitions than one filesystem and one swap partition behind it; a boot loader that
 * cannot be moved. BD_KIND_IN_USE: as image_place_lock. BD_KIND_NO_ROOM. EIO: the filesystem is not clean. ENOPKG: GRUB is not
 * installed here. */
int image_convert_layout(const char *place, const char *dir, enum bd_layout layout, struct layout_result *result_out,
			 struct bd_error *err);

#endif
