/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Room for the content of a new file in a filesystem that is being changed. */
#ifndef BD_EXT3_CHANGE_CONTENT_H
#define BD_EXT3_CHANGE_CONTENT_H

#include <stdint.h>

#include "base/err.h"
#include "ext3/change/changer.h"

/* Told of each run of blocks in ascending order: where in the file, where in the filesystem, how much. What of the last block is
 * behind the end of the file has to be zeros. */
typedef int (*bd_content_place)(void *context, uint64_t file_bytes, uint64_t at_bytes, uint64_t size_bytes,
				struct bd_error *err);

/* A file that is being given its content, range by range. */
struct bd_content_map {
	struct bd_changer *changer;
	ext2_ino_t number;
	struct ext2_inode inode;
	ext2_extent_handle_t extents; /* NULL: it has a block map */
	struct bd_block_map map;
	uint64_t next_block, taken_blocks; /* next_block: in the file */
	bd_content_place place;
	void *context;
};

/* number: of an empty regular file, or a directory. */
int bd_content_map_begin(struct bd_content_map *map, struct bd_changer *changer, ext2_ino_t number,
			 uint64_t file_bytes, bd_content_place place, void *context, struct bd_error *err);
/* Ranges come in ascending order. What is between them is a hole. */
int bd_content_map_add(struct bd_content_map *map, uint64_t offset_bytes, uint64_t size_bytes, struct bd_error *err);
int bd_content_map_finish(struct bd_content_map *map, uint64_t file_bytes, struct bd_error *err);
void bd_content_map_dispose(struct bd_content_map *map); /* idempotent */

#endif
