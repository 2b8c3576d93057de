/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of populating share: populate.c (the order of things, and our own tree), populate_sealed.c (a sealed
 * template), populate_dir.c (directories).
 */
#ifndef BD_EXT3_WRITER_POPULATE_PARTS_H
#define BD_EXT3_WRITER_POPULATE_PARTS_H

#include <stdbool.h>

#include <ext2fs/ext2fs.h>

#include "base/file/range_copy.h"
#include "ext3/ext3.h"
#include "ext3/writer/dir_blocks.h"
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
	struct bd_inode_table spots;
	uint8_t *piece; /* BD_PIECE_BUFFER_BYTES */
	const struct bd_sealed *base; /* NULL: none */
	struct bd_overlay_merge join; /* with a base */
	struct bd_range_copy copy;
	int out_fd; /* of the image, for the payload's blocks */
	uint64_t offset_bytes; /* of the filesystem in it */
	bool is_clone; /* the image holds the template's content already */
	bool any_size; /* only what no larger disk would help with counts */
	int64_t base_time; /* ctime of the template's files: the same in all guests, so that they share their inodes */
	struct bd_late_dirs late;
	struct bd_base_layout layout;
};

/* What a template's files need, and what they have beside their content. */
struct bd_base_needs {
	uint64_t blocks; /* all of them */
	uint64_t index_blocks; /* those of block maps */
	uint64_t content_blocks;
};

int bd_populate_sealed_needs(struct bd_populate *populate, struct bd_base_needs *needs_out, struct bd_error *err);
int bd_populate_sealed_dirs(struct bd_populate *populate, struct bd_error *err);
int bd_populate_sealed_files(struct bd_populate *populate, struct bd_error *err);
int bd_populate_late_dirs(struct bd_populate *populate, struct bd_error *err);

/* Puts the path of a template's file in front of the message; -1. */
int bd_wrap_base_path(const struct bd_populate *populate, uint32_t index, struct bd_error *err);

struct bd_dir_place {
	uint32_t ino, parent_ino;
	blk64_t first_block; /* 0: none is given yet */
};

/* facts: of the directory; links are set here from the entries. The order of the entries may change. */
int bd_populate_dir(struct bd_populate *populate, const struct bd_dir_place *place, struct bd_sealed_inode *facts,
		    struct bd_dir_entry *entries, size_t count, struct bd_error *err);
/* Whether ext3 can hold a directory with so many directories and such names in it. */
int bd_populate_check_dir(uint32_t block_size, uint32_t dirs, const struct bd_dir_sum *sum, struct bd_error *err);
/* The blocks that a directory with such names takes at most, its map included. */
uint64_t bd_populate_dir_blocks(uint32_t block_size, const struct bd_dir_sum *sum);

#endif
