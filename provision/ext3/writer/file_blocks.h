/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes the content of a file into runs of free blocks. */
#ifndef BD_EXT3_WRITER_FILE_BLOCKS_H
#define BD_EXT3_WRITER_FILE_BLOCKS_H

#include "base/err.h"
#include "ext3/writer/block_map.h"
#include "rootfs/content.h"

/* The largest file that the kernel takes, with extents and huge_file or without both. */
uint64_t bd_file_size_limit(ext2_filsys fs);
/* EFBIG: it is larger than that. */
int bd_file_size_check(uint64_t size_bytes, ext2_filsys fs, struct bd_error *err);

/* Called with the bytes of content that were gone through since the last call. */
struct bd_populate_progress {
	void (*report)(uint64_t bytes_done); /* may be NULL */
	uint64_t bytes_done;
};

/* Gives blocks to all of the content that is not zeros, and writes it. The map is the caller's to finish. */
int bd_populate_content(struct bd_block_map *map, struct bd_content *content, struct bd_populate_progress *progress,
			struct bd_error *err);

#endif
