/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps what libext2fs writes to a filesystem in memory: the image stays as it is, and what is read is as if it had been
 * written. */
#ifndef BD_EXT3_CHANGE_BLOCK_OVERLAY_H
#define BD_EXT3_CHANGE_BLOCK_OVERLAY_H

#include <ext2fs/ext2fs.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct bd_block_overlay;

/* From now on fs is open for writing. The overlay lives until fs is freed, which does not write it. */
int bd_block_overlay_start(ext2_filsys fs, struct bd_block_overlay **overlay_out, struct bd_error *err);

/* One block as it is now; also without having been written. block: of fs->blocksize. */
errcode_t bd_block_overlay_read(struct bd_block_overlay *overlay, blk64_t block, void *data);

/* What was written to blocks that now have another use, which this overlay does not know of. */
void bd_block_overlay_forget(struct bd_block_overlay *overlay, blk64_t first, blk64_t count);

/* As the image has it. */
errcode_t bd_block_overlay_read_image(struct bd_block_overlay *overlay, blk64_t block, void *data);

/* The blocks whose content differs from the image's, in ascending order; data is fs->blocksize bytes and may be changed. What
 * each returns ends it. */
typedef int (*bd_block_overlay_each_block)(void *context, blk64_t block, uint8_t *data, struct bd_error *err);
int bd_block_overlay_each(struct bd_block_overlay *overlay, bd_block_overlay_each_block each, void *context,
			  struct bd_error *err);

#endif
