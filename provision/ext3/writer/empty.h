/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Creates an empty ext3 as mke2fs does: superblock fields, group tables, the first directories, the resize inode
 * and the journal, each where mke2fs puts it. */
#ifndef BD_EXT3_WRITER_EMPTY_H
#define BD_EXT3_WRITER_EMPTY_H

#include <ext2fs/ext2fs.h>

#include "base/err.h"
#include "ext3/params.h"
#include "ext3/writer/block_map.h"

/* The parameters that `mke2fs -t ext3` with Debian's mke2fs.conf gives to ext2fs_initialize. Pure. */
int bd_ext3_choose(const struct bd_ext3_params *params, struct ext2_super_block *super_out, struct bd_error *err);

/* Fills a filesystem that ext2fs_initialize has just set up. Free blocks are taken from `blocks`. */
int bd_ext3_make_empty(ext2_filsys fs, const struct bd_ext3_params *params, struct bd_free_blocks *blocks,
		       struct bd_error *err);

#endif
