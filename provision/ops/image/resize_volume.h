/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A larger logical volume for a guest's disk. */
#ifndef BD_OPS_IMAGE_RESIZE_VOLUME_H
#define BD_OPS_IMAGE_RESIZE_VOLUME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Whether the path is that of a volume that was made for a guest (volume/change.h), so that its size is ours to change. */
int resize_volume_is_ours(const char *path, bool *ours_out, struct bd_error *err);

/* Gives it at least that size; it may be in use. What it gets reads as zeros before it gets it: new extents of a volume that is not thin
 * are taken by another volume and zeroed there first. BD_KIND_NO_ROOM. */
int resize_volume(const char *path, uint64_t size_bytes, struct bd_error *err);

#endif
