/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A filesystem that is being changed: what allocates its blocks. */
#ifndef BD_EXT3_CHANGE_CHANGER_H
#define BD_EXT3_CHANGE_CHANGER_H

#include <ext2fs/ext2fs.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "ext3/change/name_index.h"
#include "ext3/writer/block_map.h"

struct bd_changer {
	ext2_filsys fs; /* borrowed; open for writing, with its bitmaps read */
	int64_t now_s; /* for timestamps that nobody gives */
	/* Blocks that were in use when the changes began. Content of new files is written before the changes come into force, and so
	 * goes nowhere else. NULL: in a draft, it may. */
	ext2fs_block_bitmap taken;
	struct bd_free_blocks blocks; /* the others, in ascending order */
	struct bd_name_index *names; /* of large directories; owned */
};

/* is_draft: blocks that become free are taken at once: the filesystem is of no use until all changes are made. */
int bd_changer_init(struct bd_changer *changer, ext2_filsys fs, int64_t now_s, bool is_draft, struct bd_error *err);
void bd_changer_dispose(struct bd_changer *changer); /* idempotent; before fs is freed */

/* ENOTSUP: the filesystem has a feature that the message names, and is not to be written. EIO: it is marked as having errors,
 * or was not unmounted cleanly and has no journal that tells. */
int bd_changer_check(ext2_filsys fs, struct bd_error *err);

#endif
