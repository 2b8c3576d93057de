/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of populating a filesystem, private to the parts of ext3/writer/populate.c. */
#ifndef BD_EXT3_WRITER_POPULATE_STATE_H
#define BD_EXT3_WRITER_POPULATE_STATE_H

#include <stdbool.h>

#include <ext2fs/ext2fs.h>

#include "base/file/range_copy.h"
#include "ext3/params.h"
#include "ext3/writer/file_blocks.h"
#include "ext3/writer/inode.h"
#include "ext3/writer/inode_table.h"
#include "ext3/writer/overlay_merge.h"
#include "rootfs/sealed.h"

/* Directories of the template that do not fit into one block, or no longer do: how many blocks these take depends on the
 * guest, so they get them behind everything that does not. */
struct bd_late_dir {
	uint32_t index;
	blk64_t first_block; /* 0: none yet */
};

struct bd_late_dirs {
	struct bd_late_dir *dirs;
	size_t count;
};

struct bd_populate {
	ext2_filsys fs;
	struct bd_free_blocks *blocks;
	struct bd_free_blocks
		index_blocks; /* of the template's files: in one place, so that data is not interrupted */
	struct bd_populate_progress progress;
	struct bd_inode_writer inode;
	struct bd_inode_table table;
	uint8_t *piece; /* BD_PIECE_BUFFER_BYTES */
	const struct bd_ext3_files *files;
	const struct bd_sealed *base; /* files->base; NULL: none */
	struct bd_overlay_merge merge; /* with a base */
	struct bd_range_copy copy;
	struct bd_late_dirs late;
	struct bd_base_layout layout;
};

#endif
