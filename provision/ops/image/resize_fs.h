/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gives a filesystem in an image another size, all or nothing. resize2fs works on a sparse copy of its metadata (and of the data that
 * has to move), the shadow; what it changed there goes into a log of changes (disk/redo.h). So an interruption of resize2fs
 * changes nothing in the image. */
#ifndef BD_OPS_IMAGE_RESIZE_FS_H
#define BD_OPS_IMAGE_RESIZE_FS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "disk/redo.h"
#include "inside/blocks.h"

struct resize_fs {
	const char *image; /* its name */
	int fd; /* open for reading and writing */
	bool is_device;
	const struct bd_fs_blocks *blocks; /* as it is; clean */
	uint64_t target_blocks;
};

/* Adds to redo what makes it the new size. What moves is copied at once into blocks that are free. blocks_out: the size that it will
 * have, which resize2fs may round down. BD_KIND_NO_ROOM. */
int resize_fs(const struct resize_fs *request, struct bd_redo *redo, uint64_t *blocks_out, struct bd_error *err);

#endif
