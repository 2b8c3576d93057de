/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Repairs a filesystem in a copy of it, and takes over what has changed there, all or nothing (disk/redo.h). For filesystems with a
 * journal to be replayed: e2fsck opens them again after that, and then forgets at which offset they begin. */
#ifndef BD_OPS_CHECK_FSCK_COPY_H
#define BD_OPS_CHECK_FSCK_COPY_H

#include <stdint.h>

#include "base/err.h"
#include "ops/image/e2fsprogs.h"
#include "ops/image/place.h"

/* place: locked for changes. What is in use takes room beside the image for a while. */
int fsck_copy_repair(const struct image_place *place, uint64_t start_bytes, uint64_t size_bytes,
		     struct e2fsprogs_verdict *verdict_out, struct bd_error *err);

#endif
