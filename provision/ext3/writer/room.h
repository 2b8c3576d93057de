/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Computes how much larger a filesystem must be, including the tables that grow with it. */
#ifndef BD_EXT3_WRITER_ROOM_H
#define BD_EXT3_WRITER_ROOM_H

#include <ext2fs/ext2fs.h>

#include "base/err.h"

/* The bytes that are to be added to the size of fs, so that an empty one has so many free blocks and inodes. Such
 * filesystems are made in memory to see. */
int bd_ext3_missing_bytes(ext2_filsys fs, uint64_t free_blocks, uint64_t free_inodes, uint64_t *missing_out,
			  struct bd_error *err);

#endif
