/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Goes through the log as the kernel's fs/jbd2/recovery.c does, once: what a transaction logs and revokes counts when its commit
 * block has been seen. Every step takes one of the log's blocks, of which there are not more than the journal has.
 */
#include "ext3/reader/journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "ext3/error.h"
#include "ext3/format.h"
#include "ext3/journal_format.h"

#define BLOCKS_MAX 10240000u /* JBD2_MAX_JOURNAL_BLOCKS */
#define REVOKED_MAX (8u << 20) /* entries; the kernel has one per block that was freed and not yet written again */

struct logged_block {
	blk64_t block, copy;
	uint32_t transaction; /* counted from the first one of the log */
	uint32_t order;
	bool is_escaped;
	bool is_bad; /* its checksum is wrong, or its place is not in the filesystem */
};

struct revoked_block {
	blk64_t block;
	uint32_t transaction;
};

/* Read-only once it has been opened. */
struct log {
	ext2_filsys fs;
	uint64_t blocks_max;
	uint8_t *superblock; /* a block */
	blk64_t *places; /* of the journal's blocks; 0: a hole, or not in the filesystem */
	uint32_t length, first, end; /* blocks of the journal; the log goes from first to end and around */
	uint32_t start, sequence, seed;
	bool is_v2, is_64bit, has_checksums, has_large_tags, has_commit_checksums, is_async, has_fast_commits;
};

struct replay {
	const struct log *log;
	uint32_t at, visited, sequence, transaction;
	uint8_t *header, *data; /* blocks */
	struct logged_block *logged;
	size_t logged_count, logged_capacity, logged_committed;
	struct revoked_block *revoked;
	size_t revoked_count, revoked_capacity, revoked_committed;
	bool is_suspect; /* a block of this transaction has a wrong checksum */
	bool is_damaged; /* a block of it cannot be right */
	uint32_t commit_checksum;
	uint64_t last_commit_s;
};

static void log_dispose(struct log *log)
{
	free(log->superblock);
	free(log->places);
}

static void replay_dispose(struct replay *replay)
{
	free(replay->header);
	free(replay->data);
	free(replay->logged);
	free(replay->revoked);
}

static int fail_damaged(struct bd_error *err)
{
	return bd_fail(err, EIO, "the journal is damaged");
}

static uint32_t crc32c(uint32_t seed, const void *data, size_t size)
{
	return ext2fs_crc32c_le(seed, data, size);
}

/* Of data that has its own checksum in it, for which zeros are taken. */
static uint32_t crc32c_without(uint32_t seed, const uint8_t *data, size_t size, size_t checksum_at)
{
	static const uint8_t zeros[4];

	seed = crc32c(seed, data, checksum_at);
	seed = crc32c(seed, zeros, sizeof(zeros));
	return crc32c(seed, data + checksum_at + sizeof(zeros), size - checksum_at - sizeof(zeros));
}

/* --- the journal's superblock --------------------------------------------------------------------------------------- */

static int check_superblock(struct log *log, struct bd_error *err)
{
	const uint8_t *super = log->superblock;
	uint32_t kind = get_be32(super + BD_JOURNAL_KIND_AT);

	log->is_v2 = kind == BD_JOURNAL_SUPERBLOCK_V2;
	if (get_be32(super) != BD_JOURNAL_MAGIC || (!log->is_v2 && kind != BD_JOURNAL_SUPERBLOCK_V1) ||
	    get_be32(super + BD_JOURNAL_BLOCK_SIZE_AT) != log->fs->blocksize)
		return bd_fail(err, EIO, "the journal's superblock is damaged");
	if (!log->is_v2)
		return 0;
	uint32_t incompat = get_be32(super + BD_JOURNAL_INCOMPAT_AT),
		 unknown = (incompat & ~BD_JOURNAL_INCOMPAT_KNOWN) | get_be32(super + BD_JOURNAL_RO_COMPAT_AT);
	if (unknown)
		return bd_fail(err, ENOTSUP, "the journal has unknown features (%#x)", unknown);
	bool is_csum_v2 = incompat & BD_JOURNAL_INCOMPAT_CSUM_V2;
	log->has_large_tags = incompat & BD_JOURNAL_INCOMPAT_CSUM_V3;
	log->has_checksums = is_csum_v2 || log->has_large_tags;
	log->is_64bit = incompat & BD_JOURNAL_INCOMPAT_64BIT;
	log->is_async = incompat & BD_JOURNAL_INCOMPAT_ASYNC_COMMIT;
	log->has_fast_commits = incompat & BD_JOURNAL_INCOMPAT_FAST_COMMIT;
	log->has_commit_checksums = get_be32(super + BD_JOURNAL_COMPAT_AT) & BD_JOURNAL_COMPAT_CHECKSUM;
	if (!log->has_checksums)
		return 0;
	log->seed = crc32c(~0u, super + BD_JOURNAL_UUID_AT, BD_JOURNAL_UUID_BYTES);
	if ((is_csum_v2 && log->has_large_tags) || log->has_commit_checksums ||
	    super[BD_JOURNAL_CHECKSUM_KIND_AT] != BD_JOURNAL_CHECKSUM_CRC32C ||
	    get_be32(super + BD_JOURNAL_CHECKSUM_AT) !=
		    crc32c_without(~0u, super, BD_JOURNAL_SUPERBLOCK_BYTES, BD_JOURNAL_CHECKSUM_AT))
		return bd_fail(err, EIO, "the checksum of the journal's superblock is wrong");
	return 0;
}

static int check_geometry(struct log *log, uint64_t inode_blocks, struct bd_error *err)
{
	const uint8_t *super = log->superblock;

	log->length = get_be32(super + BD_JOURNAL_BLOCKS_AT);
	log->first = get_be32(super + BD_JOURNAL_FIRST_AT);
	log->start = get_be32(super + BD_JOURNAL_START_AT);
	log->sequence = get_be32(super + BD_JOURNAL_SEQUENCE_AT);
	log->end = log->length;
	if (log->has_fast_commits) {
		uint32_t fast = get_be32(super + BD_JOURNAL_FAST_COMMIT_BLOCKS_AT);
		if (!fast)
			fast = BD_JOURNAL_FAST_COMMIT_BLOCKS;
		if (log->length > fast && log->length - fast >= BD_JOURNAL_FAST_COMMIT_FROM_BLOCKS)
			log->end -= fast;
	}
	if (log->length > inode_blocks || log->length > BLOCKS_MAX || !log->first || log->first >= log->end ||
	    (log->start && (log->start < log->first || log->start >= log->end)))
		return bd_fail(err, EIO, "the journal's superblock is damaged");
	return 0;
}

static bool is_in_filesystem(const struct log *log, blk64_t block)
{
	return block >= log->fs->super->s_first_data_block && block < ext2fs_blocks_count(log->fs->super);
}

static int note_place(ext2_filsys fs, blk64_t *block, e2_blkcnt_t logical, blk64_t reference, int offset,
		      void *context)
{
	struct log *log = context;
	(void)fs, (void)reference, (void)offset;

	if (logical < 0)
		return 0;
	if (logical >= log->length)
		return BLOCK_ABORT;
	if (is_in_filesystem(log, *block))
		log->places[logical] = *block;
	return 0;
}

static int log_open(struct log *log, struct bd_error *err)
{
	ext2_filsys fs = log->fs;
	ext2_ino_t number = fs->super->s_journal_inum;
	struct ext2_inode inode;
	blk64_t block;

	if (!ext2fs_has_feature_journal(fs->super) || !number)
		return bd_fail(err, ENOTSUP, "the journal is on another device");
	log->superblock = malloc(fs->blocksize);
	if (!log->superblock)
		return bd_no_memory(err);
	errcode_t ec = ext2fs_read_inode(fs, number, &inode);
	if (!ec)
		ec = ext2fs_bmap2(fs, number, &inode, NULL, 0, 0, NULL, &block);
	if (!ec && !is_in_filesystem(log, block))
		return fail_damaged(err);
	if (!ec)
		ec = io_channel_read_blk64(fs->io, block, 1, log->superblock);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot read the journal");
	if (check_superblock(log, err) != 0 || check_geometry(log, EXT2_I_SIZE(&inode) / fs->blocksize, err) != 0)
		return -1;
	log->places = calloc(log->length, sizeof(*log->places));
	if (!log->places)
		return bd_no_memory(err);
	ec = ext2fs_block_iterate3(fs, number, BLOCK_FLAG_DATA_ONLY | BLOCK_FLAG_READ_ONLY, NULL, note_place, log);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot read the journal's inode");
	/* Behind an indirect block that it cannot read, libext2fs goes on with blocks of the wrong numbers; then the last are missing. */
	return log->places[log->length - 1] ? 0 : fail_damaged(err);
}

static int read_log(const struct log *log, uint32_t at, uint8_t *data, struct bd_error *err)
{
	if (!log->places[at])
		return fail_damaged(err);
	errcode_t ec = io_channel_read_blk64(log->fs->io, log->places[at], 1, data);
	return ec ? bd_fail_ext2(err, ec, "cannot read the journal") : 0;
}

/* --- transactions --------------------------------------------------------------------------------------------------- */

/* 0: read; 1: the log has been read once around. place_out may be NULL. */
static int next_block(struct replay *replay, uint8_t *data, blk64_t *place_out, struct bd_error *err)
{
	const struct log *log = replay->log;

	if (replay->visited == log->end - log->first)
		return 1;
	if (read_log(log, replay->at, data, err) != 0)
		return -1;
	if (place_out)
		*place_out = log->places[replay->at];
	replay->visited++;
	replay->at++;
	if (replay->at == log->end)
		replay->at = log->first;
	return 0;
}

static bool is_block_checksum_right(const struct log *log, const uint8_t *block)
{
	size_t size = log->fs->blocksize, at = size - BD_JOURNAL_TAIL_BYTES;

	return !log->has_checksums || get_be32(block + at) == crc32c_without(log->seed, block, size, at);
}

static size_t tag_bytes(const struct log *log)
{
	if (log->has_large_tags)
		return BD_JOURNAL_TAG_V3_BYTES;
	return (log->is_64bit ? BD_JOURNAL_TAG_64BIT_BYTES : BD_JOURNAL_TAG_BYTES) + (log->has_checksums ? 2 : 0);
}

static bool is_copy_right(const struct replay *replay, const uint8_t *tag)
{
	const struct log *log = replay->log;
	uint8_t sequence[4];

	if (!log->has_checksums)
		return true;
	put_be32(sequence, replay->sequence);
	uint32_t sum = crc32c(crc32c(log->seed, sequence, sizeof(sequence)), replay->data, log->fs->blocksize);
	return log->has_large_tags ? get_be32(tag + BD_JOURNAL_TAG_V3_CHECKSUM_AT) == sum
				   : get_be16(tag + BD_JOURNAL_TAG_CHECKSUM_AT) == (uint16_t)sum;
}

static int take_tag(struct replay *replay, const uint8_t *tag, blk64_t copy, struct bd_error *err)
{
	const struct log *log = replay->log;
	blk64_t block = get_be32(tag);

	if (log->is_64bit)
		block |= (blk64_t)get_be32(tag + BD_JOURNAL_TAG_BLOCK_HIGH_AT) << 32;
	if (bd_array_reserve(replay->logged, replay->logged_capacity, replay->logged_count + 1, err) != 0)
		return -1;
	replay->logged[replay->logged_count] = (struct logged_block){
		.block = block,
		.copy = copy,
		.transaction = replay->transaction,
		.order = (uint32_t)replay->logged_count,
		.is_escaped = get_be16(tag + BD_JOURNAL_TAG_FLAGS_AT) & BD_JOURNAL_TAG_ESCAPED,
		.is_bad = block < log->fs->super->s_first_data_block || block >= log->blocks_max ||
			  !is_copy_right(replay, tag),
	};
	replay->logged_count++;
	return 0;
}

static int take_descriptor(struct replay *replay, struct bd_error *err)
{
	const struct log *log = replay->log;
	size_t step = tag_bytes(log), size = log->fs->blocksize - (log->has_checksums ? BD_JOURNAL_TAIL_BYTES : 0);
	unsigned flags = 0;
	int r = 0;

	if (!is_block_checksum_right(log, replay->header))
		replay->is_suspect = true;
	if (log->has_commit_checksums)
		replay->commit_checksum =
			ext2fs_crc32_be(replay->commit_checksum, replay->header, log->fs->blocksize);
	for (size_t at = BD_JOURNAL_HEADER_BYTES; at + step <= size && !(flags & BD_JOURNAL_TAG_LAST);) {
		const uint8_t *tag = replay->header + at;
		blk64_t copy;
		flags = get_be16(tag + BD_JOURNAL_TAG_FLAGS_AT);
		r = next_block(replay, replay->data, &copy, err);
		if (r != 0)
			return r;
		if (log->has_commit_checksums)
			replay->commit_checksum =
				ext2fs_crc32_be(replay->commit_checksum, replay->data, log->fs->blocksize);
		if (!replay->is_suspect && take_tag(replay, tag, copy, err) != 0)
			return -1;
		at += step + (flags & BD_JOURNAL_TAG_SAME_UUID ? 0 : BD_JOURNAL_UUID_BYTES);
	}
	return 0;
}

static int take_revoke(struct replay *replay, struct bd_error *err)
{
	const struct log *log = replay->log;
	size_t step = log->is_64bit ? 8 : 4, used = get_be32(replay->header + BD_JOURNAL_REVOKE_BYTES_AT),
	       size = log->fs->blocksize - (log->has_checksums ? BD_JOURNAL_TAIL_BYTES : 0);

	if (!is_block_checksum_right(log, replay->header))
		replay->is_suspect = true;
	if (used > size)
		replay->is_damaged = true;
	if (replay->is_suspect || replay->is_damaged)
		return 0;
	for (size_t at = BD_JOURNAL_REVOKE_FIRST_AT; at + step <= used; at += step) {
		const uint8_t *record = replay->header + at;
		blk64_t block = log->is_64bit ? get_be64(record) : get_be32(record);
		if (replay->revoked_count == REVOKED_MAX)
			return bd_fail(err, EIO, "the journal revokes too many blocks");
		if (bd_array_reserve(replay->revoked, replay->revoked_capacity, replay->revoked_count + 1, err) != 0)
			return -1;
		replay->revoked[replay->revoked_count++] = (struct revoked_block){ block, replay->transaction };
	}
	return 0;
}

static bool is_commit_checksum_right(const struct replay *replay)
{
	const struct log *log = replay->log;
	const uint8_t *commit = replay->header;
	uint32_t sum = get_be32(commit + BD_JOURNAL_COMMIT_CHECKSUM_AT);
	unsigned kind = commit[BD_JOURNAL_COMMIT_CHECKSUM_KIND_AT], size = commit[BD_JOURNAL_COMMIT_CHECKSUM_SIZE_AT];

	if (log->has_checksums)
		return sum == crc32c_without(log->seed, commit, log->fs->blocksize, BD_JOURNAL_COMMIT_CHECKSUM_AT);
	if (!log->has_commit_checksums || (!kind && !size && !sum))
		return true;
	return kind == BD_JOURNAL_CHECKSUM_CRC32 && size == sizeof(sum) && sum == replay->commit_checksum;
}

/* 1: this is no commit block of this log, or one that did not get to the disk as a whole: the log ends before it. */
static int take_commit(struct replay *replay, struct bd_error *err)
{
	uint64_t commit_s = get_be64(replay->header + BD_JOURNAL_COMMIT_TIME_AT);

	/* What an earlier round through the journal left behind has an earlier time. */
	if (replay->is_suspect)
		return commit_s < replay->last_commit_s ? 1 : fail_damaged(err);
	if (!is_commit_checksum_right(replay))
		return commit_s < replay->last_commit_s || replay->log->is_async ? 1 : fail_damaged(err);
	if (replay->is_damaged)
		return fail_damaged(err);
	replay->last_commit_s = commit_s;
	replay->logged_committed = replay->logged_count;
	replay->revoked_committed = replay->revoked_count;
	replay->commit_checksum = ~0u;
	replay->sequence++;
	replay->transaction++;
	return 0;
}

static int take_block(struct replay *replay, struct bd_error *err)
{
	if (get_be32(replay->header) != BD_JOURNAL_MAGIC ||
	    get_be32(replay->header + BD_JOURNAL_BLOCK_SEQUENCE_AT) != replay->sequence)
		return 1;
	switch (get_be32(replay->header + BD_JOURNAL_KIND_AT)) {
	case BD_JOURNAL_DESCRIPTOR:
		return take_descriptor(replay, err);
	case BD_JOURNAL_REVOKE:
		return take_revoke(replay, err);
	case BD_JOURNAL_COMMIT:
		return take_commit(replay, err);
	default:
		return 1;
	}
}

static int take_all(struct replay *replay, struct bd_error *err)
{
	const struct log *log = replay->log;
	int r;

	replay->header = malloc(log->fs->blocksize);
	replay->data = malloc(log->fs->blocksize);
	if (!replay->header || !replay->data)
		return bd_no_memory(err);
	replay->at = log->start;
	replay->sequence = log->sequence;
	replay->commit_checksum = ~0u;
	do {
		r = next_block(replay, replay->header, NULL, err);
		if (r == 0)
			r = take_block(replay, err);
	} while (r == 0);
	return r == 1 ? 0 : -1;
}

/* They are logical changes to files, of which the kernel keeps the blocks right while it replays them. */
static int check_no_fast_commits(const struct replay *replay, struct bd_error *err)
{
	const struct log *log = replay->log;

	if (!log->has_fast_commits)
		return 0;
	/* The kernel begins with the second one. */
	for (uint32_t at = log->end; at < log->length && at <= log->end + 1; at++) {
		if (read_log(log, at, replay->data, err) != 0)
			return -1;
		if (get_le16(replay->data) == BD_JOURNAL_FAST_COMMIT_HEAD &&
		    get_le32(replay->data + BD_JOURNAL_FAST_COMMIT_SEQUENCE_AT) == replay->sequence)
			return bd_fail(err, ENOTSUP, "the journal has fast commits");
	}
	return 0;
}

/* --- what results --------------------------------------------------------------------------------------------------- */

static int compare_logged(const void *a, const void *b)
{
	const struct logged_block *one = a, *other = b;

	if (one->block != other->block)
		return one->block < other->block ? -1 : 1;
	return (one->order > other->order) - (one->order < other->order);
}

static int compare_revoked(const void *a, const void *b)
{
	const struct revoked_block *one = a, *other = b;

	if (one->block != other->block)
		return one->block < other->block ? -1 : 1;
	return (one->transaction > other->transaction) - (one->transaction < other->transaction);
}

static int add(struct bd_journal *journal, const struct bd_journal_block *block, struct bd_error *err)
{
	if (bd_array_reserve(journal->blocks, journal->capacity, journal->count + 1, err) != 0)
		return -1;
	journal->blocks[journal->count++] = *block;
	return 0;
}

/* Of each block the last one counts, unless it was revoked in the same transaction or later. */
static int choose(struct replay *replay, struct bd_journal *journal, struct bd_error *err)
{
	const struct logged_block *logged = replay->logged;
	const struct revoked_block *revoked = replay->revoked;
	size_t count = replay->logged_committed, revoked_count = replay->revoked_committed, r = 0;

	if (count)
		qsort(replay->logged, count, sizeof(*logged), compare_logged);
	if (revoked_count)
		qsort(replay->revoked, revoked_count, sizeof(*revoked), compare_revoked);
	for (size_t i = 0; i < count; i++) {
		if (i + 1 < count && logged[i + 1].block == logged[i].block)
			continue;
		while (r < revoked_count && revoked[r].block < logged[i].block)
			r++;
		while (r + 1 < revoked_count && revoked[r + 1].block == logged[i].block)
			r++;
		if (r < revoked_count && revoked[r].block == logged[i].block &&
		    revoked[r].transaction >= logged[i].transaction)
			continue;
		if (logged[i].is_bad)
			return fail_damaged(err);
		const struct bd_journal_block block = { .block = logged[i].block,
							.copy = logged[i].copy,
							.is_escaped = logged[i].is_escaped };
		if (add(journal, &block, err) != 0)
			return -1;
	}
	return 0;
}

static int empty_superblock(struct log *log, uint32_t sequence, struct bd_journal *journal, struct bd_error *err)
{
	uint8_t *super = log->superblock;

	put_be32(super + BD_JOURNAL_START_AT, 0);
	put_be32(super + BD_JOURNAL_SEQUENCE_AT, sequence);
	if (log->is_v2)
		put_be32(super + BD_JOURNAL_HEAD_AT, 0);
	if (log->has_checksums)
		put_be32(super + BD_JOURNAL_CHECKSUM_AT,
			 crc32c_without(~0u, super, BD_JOURNAL_SUPERBLOCK_BYTES, BD_JOURNAL_CHECKSUM_AT));
	journal->superblock_at = log->places[0];
	return journal->superblock_at ? bd_journal_set(journal, log->places[0], bd_take_ptr(log->superblock), err)
				      : fail_damaged(err);
}

static struct bd_journal *journal_new(const struct log *log)
{
	struct bd_journal *journal = calloc(1, sizeof(*journal));

	if (!journal)
		return NULL;
	journal->references = 1;
	journal->block_size = log->fs->blocksize;
	journal->has_errors = get_be32(log->superblock + BD_JOURNAL_ERROR_AT) != 0;
	return journal;
}

int bd_journal_read(ext2_filsys fs, uint64_t blocks_max, struct bd_journal **journal_out, struct bd_error *err)
{
	BD_DISPOSE(log_dispose) struct log log = { .fs = fs, .blocks_max = blocks_max };
	BD_DISPOSE(replay_dispose) struct replay replay = { .log = &log };
	BD_DISPOSE(bd_journal_release) struct bd_journal *journal = NULL;

	if (log_open(&log, err) != 0)
		return -1;
	journal = journal_new(&log);
	if (!journal)
		return bd_no_memory(err);
	if (log.start) {
		if (take_all(&replay, err) != 0 || check_no_fast_commits(&replay, err) != 0 ||
		    choose(&replay, journal, err) != 0)
			return -1;
		if (empty_superblock(&log, replay.sequence + 1, journal, err) != 0)
			return -1;
	}
	*journal_out = bd_take_ptr(journal);
	return 0;
}

size_t bd_journal_find(const struct bd_journal *journal, blk64_t block)
{
	size_t low = 0, high = journal->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (journal->blocks[middle].block < block)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int bd_journal_set(struct bd_journal *journal, blk64_t block, uint8_t *data, struct bd_error *err)
{
	size_t at = bd_journal_find(journal, block);

	if (at == journal->count || journal->blocks[at].block != block) {
		if (add(journal, &(struct bd_journal_block){ .block = block }, err) != 0) {
			free(data);
			return -1;
		}
		memmove(&journal->blocks[at + 1], &journal->blocks[at],
			(journal->count - 1 - at) * sizeof(*journal->blocks));
		journal->blocks[at] = (struct bd_journal_block){ .block = block };
	}
	free(journal->blocks[at].data);
	journal->blocks[at].data = data;
	return 0;
}

void bd_journal_release(struct bd_journal **journal)
{
	struct bd_journal *it = *journal;

	*journal = NULL;
	if (!it || --it->references)
		return;
	for (size_t i = 0; i < it->count; i++)
		free(it->blocks[i].data);
	free(it->blocks);
	free(it);
}
