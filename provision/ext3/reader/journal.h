/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What replaying a filesystem's journal (jbd2) would write: found without writing, so that the filesystem can be read as it is
 * after that. The journal is untrusted like the rest of the image.
 */
#ifndef BD_EXT3_READER_JOURNAL_H
#define BD_EXT3_READER_JOURNAL_H

#include <ext2fs/ext2fs.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* A block of the filesystem, and what it will hold. */
struct bd_journal_block {
	blk64_t block;
	blk64_t copy; /* the block of the filesystem, one of the journal's, that has its content */
	bool is_escaped; /* but for the first four bytes, which are the journal's magic number */
	uint8_t *data; /* its content where no block has it; owned */
};

struct bd_journal {
	unsigned references;
	uint32_t block_size;
	struct bd_journal_block *blocks; /* ascending */
	size_t count, capacity;
	blk64_t superblock_at; /* the block that has the journal's superblock */
	bool has_errors; /* the kernel noted one in it */
};

/* fs: needs recovery, and is read as it is on the disk. blocks_max: of the part of the image that it may take; the filesystem may
 * be larger after the replay. What is found includes the journal's own superblock, which then says that the journal is empty.
 * ENOTSUP: the journal is on another device, or has features or fast commits, which this does not replay. EIO: it is damaged:
 * what e2fsck and the kernel would refuse, too. */
int bd_journal_read(ext2_filsys fs, uint64_t blocks_max, struct bd_journal **journal_out, struct bd_error *err);

/* The first one at or behind that block; count: there is none. */
size_t bd_journal_find(const struct bd_journal *journal, blk64_t block);

/* Takes the data, which will be the block's content; also when it fails. */
int bd_journal_set(struct bd_journal *journal, blk64_t block, uint8_t *data, struct bd_error *err);

/* For BD_DISPOSE: one reference less. NULL is fine. */
void bd_journal_release(struct bd_journal **journal);

#endif
