/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes one directory into the filesystem: its blocks, its block map, its inode. */
#ifndef BD_EXT3_WRITER_POPULATE_DIR_H
#define BD_EXT3_WRITER_POPULATE_DIR_H

#include "base/err.h"
#include "ext3/writer/dir_blocks.h"
#include "ext3/writer/populate_state.h"

struct bd_new_dir {
	uint32_t ino, parent_ino;
	blk64_t first_block; /* 0: none is given yet */
};

/* facts: of the directory; links are set here from the entries. The order of the entries may change. */
int bd_populate_dir(struct bd_populate *populate, const struct bd_new_dir *new_dir, struct bd_sealed_inode *facts,
		    struct bd_dir_entry *entries, size_t count, struct bd_error *err);
/* Whether ext3 can hold a directory with so many directories and such names in it. */
int bd_populate_check_dir(ext2_filsys fs, uint32_t dirs, const struct bd_dir_sum *sum, struct bd_error *err);
/* The blocks that a directory with such names takes at most, its map included. */
uint64_t bd_populate_dir_blocks(ext2_filsys fs, const struct bd_dir_sum *sum);

#endif
