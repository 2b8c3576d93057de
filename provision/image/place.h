/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting a tree of files into a filesystem that bd_ext3_make_empty made. */
#ifndef BD_IMAGE_PLACE_H
#define BD_IMAGE_PLACE_H

#include <ext2fs/ext2fs.h>

#include "base/err.h"
#include "base/tree.h"
#include "image/block_map.h"

/* ENOSPC before anything is written where the sizes on the host tell; progress as for bd_ext3_write. */
int bd_place_tree(ext2_filsys fs, const struct bd_tree *tree, struct bd_free_blocks *blocks,
		  void (*progress)(uint64_t bytes_done), struct bd_error *err);

#endif
