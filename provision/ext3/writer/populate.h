/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Populates a filesystem that bd_ext3_make_empty made. */
#ifndef BD_EXT3_WRITER_POPULATE_H
#define BD_EXT3_WRITER_POPULATE_H

#include <stdbool.h>

#include <ext2fs/ext2fs.h>

#include "base/err.h"
#include "ext3/params.h"
#include "ext3/writer/block_map.h"
#include "rootfs/sealed.h"
#include "rootfs/tree.h"

struct bd_populate_sources {
	const struct bd_tree *tree; /* laid over base; not NULL */
	const struct bd_sealed *base; /* a sealed template, or NULL */
	int out_fd; /* of the image, and where the filesystem begins in it: for the base's content */
	uint64_t offset_bytes;
	int64_t base_time; /* ctime of the base's files, seconds */
	bool only_check; /* whether it fits; nothing is written */
	bool any_size; /* with only_check: into a filesystem of any size */
	bool is_clone; /* the image is a clone of one with the same base: its content is there already */
};

/* ENOSPC before anything is written where the sizes tell; progress as for bd_ext3_write. layout_out: of the
 * base. */
int bd_populate_files(ext2_filsys fs, const struct bd_populate_sources *sources, struct bd_free_blocks *blocks,
		      void (*progress)(uint64_t bytes_done), struct bd_base_layout *layout_out, struct bd_error *err);

#endif
