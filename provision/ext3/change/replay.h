/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replays the journal of a filesystem that was left with one. */
#ifndef BD_EXT3_CHANGE_REPLAY_H
#define BD_EXT3_CHANGE_REPLAY_H

#include <ext2fs/ext2fs.h>

#include "base/err.h"
#include "ext3/change/transaction.h"

/* fs: of bd_ext_open_fd_replayed, and nothing has been changed in it. Gives the blocks to the sink; then the journal is empty; then
 * the superblock says so. Each is on the disk before the next, so that whoever comes after an interruption replays it again. Does
 * nothing where there was nothing to be replayed. */
int bd_replay_write(ext2_filsys fs, const struct bd_block_sink *sink, struct bd_error *err);

#endif
