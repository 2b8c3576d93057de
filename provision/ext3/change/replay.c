/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes what reading through the journal has shown. */
#include "ext3/change/replay.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "ext3/error.h"
#include "ext3/filesystem.h"
#include "ext3/reader/fd_io.h"
#include "ext3/reader/journal.h"

#define BATCH_BYTES (64u << 20) /* between flushes, so that nobody has to keep more of it */

struct replay {
	ext2_filsys fs;
	const struct bd_block_sink *sink;
	uint8_t *buffer; /* a block */
	uint64_t written_bytes; /* since the last flush */
};

static void flush(struct replay *replay)
{
	replay->sink->flush(replay->sink->context);
	replay->written_bytes = 0;
}

/* needs_recovery: what the superblock is to say, if this is its block. */
static int write_block(struct replay *replay, blk64_t block, bool needs_recovery, struct bd_error *err)
{
	ext2_filsys fs = replay->fs;
	errcode_t ec = io_channel_read_blk64(fs->io, block, 1, replay->buffer);

	if (ec)
		return bd_fail_ext2(err, ec, "cannot read block %llu of the journal's", (unsigned long long)block);
	if (needs_recovery && block == bd_ext_superblock_block(fs))
		bd_ext_set_recovery(fs, replay->buffer, true);
	replay->sink->write(replay->sink->context, block, replay->buffer, fs->blocksize);
	replay->written_bytes += fs->blocksize;
	if (replay->written_bytes >= BATCH_BYTES)
		flush(replay);
	return 0;
}

int bd_replay_write(ext2_filsys fs, const struct bd_block_sink *sink, struct bd_error *err)
{
	const struct bd_journal *journal = bd_ext_fd_journal(fs);
	BD_FREE uint8_t *buffer = malloc(fs->blocksize);
	struct replay replay = { fs, sink, buffer, 0 };

	if (!journal)
		return 0;
	if (!buffer)
		return bd_no_memory(err);
	for (size_t i = 0; i < journal->count; i++)
		if (journal->blocks[i].block != journal->superblock_at &&
		    write_block(&replay, journal->blocks[i].block, true, err) != 0)
			return -1;
	flush(&replay);
	if (journal->superblock_at) {
		if (write_block(&replay, journal->superblock_at, false, err) != 0)
			return -1;
		flush(&replay);
	}
	if (write_block(&replay, bd_ext_superblock_block(fs), false, err) != 0)
		return -1;
	flush(&replay);
	return 0;
}
