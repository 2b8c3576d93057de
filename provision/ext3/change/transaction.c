/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes one transaction of jbd2, and what leads to it and away from it. */
#include "ext3/change/transaction.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "ext3/error.h"
#include "ext3/filesystem.h"
#include "ext3/format.h"
#include "ext3/journal_format.h"

struct changed_block {
	blk64_t block;
	uint8_t *data; /* the overlay's */
};

struct transaction {
	ext2_filsys fs;
	struct bd_block_overlay *overlay;
	const struct bd_block_sink *sink;
	int64_t now_s;
	struct changed_block *blocks;
	size_t count, capacity;
	uint8_t *journal; /* its superblock */
	uint8_t *buffer; /* a block */
	uint32_t first, end, sequence; /* blocks of the journal that may be used */
	bool is_64bit, is_superblock_changed;
	uint8_t *super; /* the superblock's block */
};

static void transaction_dispose(struct transaction *transaction)
{
	free(transaction->blocks);
	free(transaction->journal);
	free(transaction->buffer);
	free(transaction->super);
}

/* --- the journal --------------------------------------------------------------------------------------------------- */

static int journal_block(const struct transaction *transaction, uint32_t logical, blk64_t *block_out,
			 struct bd_error *err)
{
	ext2_filsys fs = transaction->fs;
	errcode_t ec = ext2fs_bmap2(fs, fs->super->s_journal_inum, NULL, NULL, 0, logical, NULL, block_out);

	if (ec)
		return bd_fail_ext2(err, ec, "cannot read the journal's inode");
	if (*block_out < fs->super->s_first_data_block || *block_out >= ext2fs_blocks_count(fs->super))
		return bd_fail(err, EIO, "block %u of the journal is not in the filesystem", logical);
	return 0;
}

static int check_journal(const struct transaction *transaction, struct bd_error *err)
{
	const uint8_t *journal = transaction->journal;
	uint32_t kind = get_be32(journal + 4),
		 incompat = kind == BD_JOURNAL_SUPERBLOCK_V1 ? 0 : get_be32(journal + BD_JOURNAL_INCOMPAT_AT);

	if (get_be32(journal) != BD_JOURNAL_MAGIC ||
	    (kind != BD_JOURNAL_SUPERBLOCK_V1 && kind != BD_JOURNAL_SUPERBLOCK_V2) ||
	    get_be32(journal + BD_JOURNAL_BLOCK_SIZE_AT) != transaction->fs->blocksize)
		return bd_fail(err, EIO, "the journal's superblock is damaged");
	if (incompat & ~BD_JOURNAL_INCOMPAT_KNOWN)
		return bd_fail(err, ENOTSUP, "the journal has unknown features (%#x)",
			       incompat & ~BD_JOURNAL_INCOMPAT_KNOWN);
	if (get_be32(journal + BD_JOURNAL_ERROR_AT))
		return bd_fail(err, EIO, "the journal is marked as having errors: run e2fsck on the filesystem");
	if (get_be32(journal + BD_JOURNAL_START_AT))
		return bd_fail(err, EIO, "the journal is not empty");
	return 0;
}

static int open_journal(struct transaction *transaction, struct bd_error *err)
{
	ext2_filsys fs = transaction->fs;
	blk64_t block;

	if (!ext2fs_has_feature_journal(fs->super) || !fs->super->s_journal_inum)
		return bd_fail(err, ENOTSUP, "the filesystem has no journal of its own");
	transaction->journal = malloc(fs->blocksize);
	transaction->buffer = malloc(fs->blocksize);
	if (!transaction->journal || !transaction->buffer)
		return bd_no_memory(err);
	if (journal_block(transaction, 0, &block, err) != 0)
		return -1;
	errcode_t ec = bd_block_overlay_read(transaction->overlay, block, transaction->journal);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot read the journal");
	if (check_journal(transaction, err) != 0)
		return -1;
	const uint8_t *journal = transaction->journal;
	bool is_v2 = get_be32(journal + 4) == BD_JOURNAL_SUPERBLOCK_V2;
	uint32_t fast = 0;
	if (is_v2 && (get_be32(journal + BD_JOURNAL_INCOMPAT_AT) & BD_JOURNAL_INCOMPAT_FAST_COMMIT))
		fast = get_be32(journal + BD_JOURNAL_FAST_COMMIT_BLOCKS_AT)
			       ? get_be32(journal + BD_JOURNAL_FAST_COMMIT_BLOCKS_AT)
			       : BD_JOURNAL_FAST_COMMIT_BLOCKS;
	uint32_t length = get_be32(journal + BD_JOURNAL_BLOCKS_AT);
	transaction->first = get_be32(journal + BD_JOURNAL_FIRST_AT);
	transaction->end = length > fast ? length - fast : 0;
	transaction->sequence = get_be32(journal + BD_JOURNAL_SEQUENCE_AT);
	transaction->is_64bit = ext2fs_blocks_count(fs->super) > UINT32_MAX;
	if (transaction->is_64bit && !is_v2)
		return bd_fail(err, ENOTSUP,
			       "the journal has the old format, which has no room for such block numbers");
	return transaction->first ? 0 : bd_fail(err, EIO, "the journal's superblock is damaged");
}

/* --- what is changed ---------------------------------------------------------------------------------------------- */

static int add_block(struct transaction *transaction, blk64_t block, uint8_t *data, struct bd_error *err)
{
	if (bd_array_reserve(transaction->blocks, transaction->capacity, transaction->count + 1, err) != 0)
		return -1;
	transaction->blocks[transaction->count++] = (struct changed_block){ block, data };
	return 0;
}

/* It is always the first one, as it has to say that there is something in the journal. */
static int note_superblock(struct transaction *transaction, struct bd_error *err)
{
	transaction->super = malloc(transaction->fs->blocksize);
	if (!transaction->super)
		return bd_no_memory(err);
	errcode_t ec = bd_block_overlay_read(transaction->overlay, bd_ext_superblock_block(transaction->fs),
					     transaction->super);
	return ec ? bd_fail_ext2(err, ec, "cannot read the superblock")
		  : add_block(transaction, bd_ext_superblock_block(transaction->fs), transaction->super, err);
}

static int note_block(void *context, blk64_t block, uint8_t *data, struct bd_error *err)
{
	struct transaction *transaction = context;

	if (block != bd_ext_superblock_block(transaction->fs))
		return add_block(transaction, block, data, err);
	transaction->is_superblock_changed = true;
	return 0;
}

static size_t tag_bytes(const struct transaction *transaction)
{
	return transaction->is_64bit ? BD_JOURNAL_TAG_64BIT_BYTES : BD_JOURNAL_TAG_BYTES;
}

static size_t tags_per_block(const struct transaction *transaction)
{
	return (transaction->fs->blocksize - BD_JOURNAL_HEADER_BYTES - BD_JOURNAL_UUID_BYTES) /
	       tag_bytes(transaction);
}

static int check_fits(const struct transaction *transaction, struct bd_error *err)
{
	size_t per_block = tags_per_block(transaction);
	uint64_t needed = transaction->count + (transaction->count + per_block - 1) / per_block + 1;
	uint64_t there = transaction->end > transaction->first ? transaction->end - transaction->first : 0;
	uint64_t block_size = transaction->fs->blocksize;

	if (needed <= there)
		return 0;
	return bd_fail(
		err, E2BIG,
		"this is too much for one transaction of the filesystem's journal: it changes %llu KiB of metadata, and the journal has %llu KiB; do it in parts",
		(unsigned long long)(needed * block_size >> 10), (unsigned long long)(there * block_size >> 10));
}

/* --- what is written ---------------------------------------------------------------------------------------------- */

static void write_block(const struct transaction *transaction, blk64_t block, const void *data)
{
	transaction->sink->write(transaction->sink->context, block, data, transaction->fs->blocksize);
}

static void flush(const struct transaction *transaction)
{
	transaction->sink->flush(transaction->sink->context);
}

static int write_journal(const struct transaction *transaction, uint32_t logical, const void *data,
			 struct bd_error *err)
{
	blk64_t block;

	if (journal_block(transaction, logical, &block, err) != 0)
		return -1;
	write_block(transaction, block, data);
	return 0;
}

static void begin_block(struct transaction *transaction, uint32_t kind)
{
	memset(transaction->buffer, 0, transaction->fs->blocksize);
	put_be32(transaction->buffer, BD_JOURNAL_MAGIC);
	put_be32(transaction->buffer + 4, kind);
	put_be32(transaction->buffer + 8, transaction->sequence);
}

/* A block that begins like one of the journal's own has that taken away. */
static bool is_escaped(const struct changed_block *changed)
{
	return get_be32(changed->data) == BD_JOURNAL_MAGIC;
}

static void put_tags(struct transaction *transaction, size_t from, size_t count)
{
	uint8_t *at = transaction->buffer + BD_JOURNAL_HEADER_BYTES;

	for (size_t i = 0; i < count; i++) {
		const struct changed_block *changed = &transaction->blocks[from + i];
		unsigned flags = (is_escaped(changed) ? BD_JOURNAL_TAG_ESCAPED : 0) |
				 (i ? BD_JOURNAL_TAG_SAME_UUID : 0) | (i == count - 1 ? BD_JOURNAL_TAG_LAST : 0);
		put_be32(at, (uint32_t)changed->block);
		put_be16(at + BD_JOURNAL_TAG_FLAGS_AT, (uint16_t)flags);
		if (transaction->is_64bit)
			put_be32(at + BD_JOURNAL_TAG_BYTES, (uint32_t)(changed->block >> 32));
		at += tag_bytes(transaction);
		if (!i) {
			memcpy(at, transaction->journal + BD_JOURNAL_UUID_AT, BD_JOURNAL_UUID_BYTES);
			at += BD_JOURNAL_UUID_BYTES;
		}
	}
}

static int write_copy(struct transaction *transaction, uint32_t logical, const struct changed_block *changed,
		      struct bd_error *err)
{
	if (!is_escaped(changed))
		return write_journal(transaction, logical, changed->data, err);
	memcpy(transaction->buffer, changed->data, transaction->fs->blocksize);
	put_be32(transaction->buffer, 0);
	return write_journal(transaction, logical, transaction->buffer, err);
}

static int write_log(struct transaction *transaction, struct bd_error *err)
{
	size_t per_block = tags_per_block(transaction);
	uint32_t at = transaction->first;

	for (size_t from = 0; from < transaction->count; from += per_block) {
		size_t count = transaction->count - from < per_block ? transaction->count - from : per_block;
		begin_block(transaction, BD_JOURNAL_DESCRIPTOR);
		put_tags(transaction, from, count);
		if (write_journal(transaction, at++, transaction->buffer, err) != 0)
			return -1;
		for (size_t i = from; i < from + count; i++)
			if (write_copy(transaction, at++, &transaction->blocks[i], err) != 0)
				return -1;
	}
	begin_block(transaction, BD_JOURNAL_COMMIT);
	put_be64(transaction->buffer + BD_JOURNAL_COMMIT_TIME_AT, (uint64_t)transaction->now_s);
	return write_journal(transaction, at, transaction->buffer, err);
}

/* start 0: it is empty. Our transaction has no checksums, so the journal says that it has none; the kernel sets its features
 * anew when it mounts the filesystem. */
static int write_journal_superblock(struct transaction *transaction, uint32_t start, struct bd_error *err)
{
	uint8_t *journal = transaction->journal;

	if (get_be32(journal + 4) == BD_JOURNAL_SUPERBLOCK_V2) {
		put_be32(journal + BD_JOURNAL_COMPAT_AT,
			 get_be32(journal + BD_JOURNAL_COMPAT_AT) & ~BD_JOURNAL_COMPAT_CHECKSUM);
		put_be32(journal + BD_JOURNAL_INCOMPAT_AT, transaction->is_64bit ? BD_JOURNAL_INCOMPAT_64BIT : 0);
		put_be32(journal + BD_JOURNAL_HEAD_AT, 0);
	}
	put_be32(journal + BD_JOURNAL_START_AT, start);
	put_be32(journal + BD_JOURNAL_SEQUENCE_AT, transaction->sequence);
	return write_journal(transaction, 0, journal, err);
}

/* The superblock as the image has it, with that flag. */
static int announce(struct transaction *transaction, struct bd_error *err)
{
	errcode_t ec = bd_block_overlay_read_image(transaction->overlay, bd_ext_superblock_block(transaction->fs),
						   transaction->buffer);

	if (ec)
		return bd_fail_ext2(err, ec, "cannot read the superblock");
	bd_ext_set_recovery(transaction->fs, transaction->buffer, true);
	write_block(transaction, bd_ext_superblock_block(transaction->fs), transaction->buffer);
	return 0;
}

static int write_all(struct transaction *transaction, struct bd_error *err)
{
	bd_ext_set_recovery(transaction->fs, transaction->super, true);
	if (write_log(transaction, err) != 0 || announce(transaction, err) != 0)
		return -1;
	flush(transaction);
	if (write_journal_superblock(transaction, transaction->first, err) != 0)
		return -1;
	flush(transaction);
	for (size_t i = 0; i < transaction->count; i++)
		write_block(transaction, transaction->blocks[i].block, transaction->blocks[i].data);
	flush(transaction);
	transaction->sequence++;
	if (write_journal_superblock(transaction, 0, err) != 0)
		return -1;
	flush(transaction);
	bd_ext_set_recovery(transaction->fs, transaction->super, false);
	write_block(transaction, bd_ext_superblock_block(transaction->fs), transaction->super);
	flush(transaction);
	return 0;
}

int bd_transaction_check(ext2_filsys fs, struct bd_block_overlay *overlay, struct bd_error *err)
{
	BD_DISPOSE(transaction_dispose) struct transaction transaction = { .fs = fs, .overlay = overlay };

	if (open_journal(&transaction, err) == 0)
		return 0;
	return err->code == ENOTSUP ? 0 : -1;
}

int bd_transaction_write(ext2_filsys fs, struct bd_block_overlay *overlay, int64_t now_s,
			 const struct bd_block_sink *sink, struct bd_error *err)
{
	BD_DISPOSE(transaction_dispose)
	struct transaction transaction = { .fs = fs, .overlay = overlay, .sink = sink, .now_s = now_s };

	if (note_superblock(&transaction, err) != 0 ||
	    bd_block_overlay_each(overlay, note_block, &transaction, err) != 0)
		return -1;
	if (transaction.count == 1 && !transaction.is_superblock_changed)
		return 0;
	if (open_journal(&transaction, err) != 0 || check_fits(&transaction, err) != 0)
		return -1;
	return write_all(&transaction, err);
}
