/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether what the bitmaps of a filesystem say can be relied on. */
#ifndef BD_OPS_IMAGE_FILESYSTEM_STATE_H
#define BD_OPS_IMAGE_FILESYSTEM_STATE_H

#include "base/err.h"
#include "inside/blocks.h"
#include "ops/image/place.h"

/* EIO: it was not unmounted cleanly, or is marked as having errors; the message says what to do. */
int filesystem_check_state(const struct image_place *place, const struct bd_fs_blocks *blocks, struct bd_error *err);

/* In addition, as resize2fs demands it: one that was mounted since it was checked last is checked by e2fsck, which changes nothing.
 * EIO: it has errors. */
int filesystem_check_clean(const struct image_place *place, const struct bd_fs_blocks *blocks, struct bd_error *err);

#endif
