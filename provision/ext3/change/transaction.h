/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Brings the blocks that were changed in memory to the disk, all or none: as one transaction in the filesystem's own journal.
 * Format of the journal (jbd2): the kernel's Documentation/filesystems/ext4/journal.rst and include/linux/jbd2.h.
 *
 * The order: the transaction, which nothing points to yet; the superblock says that the journal may have to be replayed; the
 * journal's superblock says where it begins, and from then on whoever opens the filesystem next replays it; the blocks
 * themselves; the journal is empty again; the superblock says so. Each is on the disk before the next.
 */
#ifndef BD_EXT3_CHANGE_TRANSACTION_H
#define BD_EXT3_CHANGE_TRANSACTION_H

#include <ext2fs/ext2fs.h>
#include <stdint.h>

#include "base/err.h"
#include "ext3/change/block_overlay.h"

/* Takes what is to be written, in this order; flush: all before it is on the disk before anything after it. */
struct bd_block_sink {
	void (*write)(void *context, blk64_t block, const void *data, size_t size_bytes);
	void (*flush)(void *context);
	void *context;
};

/* Before anything is changed: whether bd_transaction_write will find a journal that it can write. None at all, or one of a kind that
 * it does not write, is no error here. */
int bd_transaction_check(ext2_filsys fs, struct bd_block_overlay *overlay, struct bd_error *err);

/* The changes are in the overlay, those of ext2fs_flush included. E2BIG: the journal is too small for them, and nothing was given
 * to the sink; ENOTSUP: there is no journal, or none that this code writes. */
int bd_transaction_write(ext2_filsys fs, struct bd_block_overlay *overlay, int64_t now_s,
			 const struct bd_block_sink *sink, struct bd_error *err);

#endif
