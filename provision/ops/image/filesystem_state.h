/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether what the bitmaps of a filesystem say can be relied on. */
#ifndef BD_OPS_IMAGE_FILESYSTEM_STATE_H
#define BD_OPS_IMAGE_FILESYSTEM_STATE_H

#include "base/err.h"
#include "inside/blocks.h"
#include "ops/image/place.h"

/* Where the journal has to be replayed, that is done, as a mount would, and *blocks, which were read from there, are read again. An
 * interruption leaves a journal that is replayed by whoever comes next. The place is locked. EIO: it cannot be replayed here
 * (IMAGE_REMEDY_CHECK of e2fsprogs.h). */
int filesystem_replay(const struct image_place *place, struct bd_fs_blocks *blocks, struct bd_error *err);

/* EIO: it was not unmounted cleanly, or is marked as having errors (IMAGE_REMEDY_CHECK of e2fsprogs.h). */
int filesystem_check_state(const struct image_place *place, const struct bd_fs_blocks *blocks, struct bd_error *err);

/* In addition, e2fsck finds nothing; it changes nothing. EIO: it has errors. For who writes where the bitmaps say that blocks are free. */
int filesystem_check_clean(const struct image_place *place, const struct bd_fs_blocks *blocks, struct bd_error *err);

/* As resize2fs demands it: e2fsck is asked where the filesystem was mounted since it was checked last. */
int filesystem_check_if_due(const struct image_place *place, const struct bd_fs_blocks *blocks, struct bd_error *err);

#endif
