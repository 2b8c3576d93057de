/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gives back what the host keeps for blocks that are free in the guest's filesystem: files get holes there, block devices are told to
 * discard. The free blocks read as zeros afterwards. */
#ifndef BD_OPS_IMAGE_COMPACT_H
#define BD_OPS_IMAGE_COMPACT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct compact_result {
	char *image; /* owned */
	char *guest; /* owned; NULL: the image was named itself */
	int partition; /* 0: the whole disk */
	bool is_device; /* it does not say how much it keeps */
	uint64_t free_bytes; /* in the filesystem */
	uint64_t was_allocated_bytes, allocated_bytes; /* of a file */
};

void compact_result_dispose(struct compact_result *result); /* idempotent */

/* text: GUEST, IMAGE or IMAGE@2. It can be interrupted, and run again.
 * BD_KIND_IN_USE: as image_place_lock. EIO: the filesystem is not clean. EOPNOTSUPP: the host cannot do it. */
int image_compact(const char *text, const char *dir, struct compact_result *result_out, struct bd_error *err);

#endif
