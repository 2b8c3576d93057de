/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Populates a filesystem that bd_ext3_make_empty made. */
#ifndef BD_EXT3_WRITER_POPULATE_H
#define BD_EXT3_WRITER_POPULATE_H

#include <ext2fs/ext2fs.h>

#include "base/err.h"
#include "ext3/params.h"
#include "ext3/writer/block_map.h"
/* offset_bytes: of the filesystem in the file. ENOSPC before anything is written where the sizes tell; progress as for
 * bd_ext3_write. layout_out: of the base. */
int bd_populate_files(ext2_filsys fs, const struct bd_ext3_files *files, uint64_t offset_bytes,
		      struct bd_free_blocks *blocks, void (*progress)(uint64_t bytes_done),
		      struct bd_base_layout *layout_out, struct bd_error *err);

#endif
