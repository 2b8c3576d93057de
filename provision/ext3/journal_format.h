/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal of ext3 and ext4 (jbd2) on the disk. Sources: the kernel's Documentation/filesystems/ext4/journal.rst and
 * include/linux/jbd2.h. All its integers are big-endian, but for those of fast commits.
 */
#ifndef BD_EXT3_JOURNAL_FORMAT_H
#define BD_EXT3_JOURNAL_FORMAT_H

#define BD_JOURNAL_MAGIC 0xc03b3998u

/* How each block of the journal's own begins. */
enum {
	BD_JOURNAL_KIND_AT = 4,
	BD_JOURNAL_BLOCK_SEQUENCE_AT = 8, /* number of its transaction */
	BD_JOURNAL_HEADER_BYTES = 12,
};
enum bd_journal_kind {
	BD_JOURNAL_DESCRIPTOR = 1, /* its tags say where the blocks that follow it belong */
	BD_JOURNAL_COMMIT = 2, /* the transaction is complete */
	BD_JOURNAL_SUPERBLOCK_V1 = 3,
	BD_JOURNAL_SUPERBLOCK_V2 = 4,
	BD_JOURNAL_REVOKE = 5, /* blocks of which nothing up to this transaction is to be replayed */
};

/* Offsets in the journal's superblock, which is its block 0. */
enum {
	BD_JOURNAL_BLOCK_SIZE_AT = 12,
	BD_JOURNAL_BLOCKS_AT = 16,
	BD_JOURNAL_FIRST_AT = 20, /* block of the journal that the log begins at */
	BD_JOURNAL_SEQUENCE_AT = 24, /* of the oldest transaction, or of the next one */
	BD_JOURNAL_START_AT = 28, /* block of the journal that the oldest transaction begins at; 0: there is none */
	BD_JOURNAL_ERROR_AT = 32,
	/* From here on in version 2 only. */
	BD_JOURNAL_COMPAT_AT = 36,
	BD_JOURNAL_INCOMPAT_AT = 40,
	BD_JOURNAL_RO_COMPAT_AT = 44,
	BD_JOURNAL_UUID_AT = 48,
	BD_JOURNAL_CHECKSUM_KIND_AT = 80, /* one byte */
	BD_JOURNAL_FAST_COMMIT_BLOCKS_AT = 84,
	BD_JOURNAL_HEAD_AT = 88,
	BD_JOURNAL_CHECKSUM_AT = 252, /* of the superblock, with zeros here */
};
#define BD_JOURNAL_SUPERBLOCK_BYTES 1024
#define BD_JOURNAL_UUID_BYTES 16

#define BD_JOURNAL_COMPAT_CHECKSUM 1u /* of whole transactions, in commit blocks */
#define BD_JOURNAL_INCOMPAT_REVOKE 1u
#define BD_JOURNAL_INCOMPAT_64BIT 2u
#define BD_JOURNAL_INCOMPAT_ASYNC_COMMIT 4u
#define BD_JOURNAL_INCOMPAT_CSUM_V2 8u
#define BD_JOURNAL_INCOMPAT_CSUM_V3 0x10u
#define BD_JOURNAL_INCOMPAT_FAST_COMMIT 0x20u
#define BD_JOURNAL_INCOMPAT_KNOWN 0x3fu
#define BD_JOURNAL_FAST_COMMIT_BLOCKS 256u /* where its superblock says 0 */
#define BD_JOURNAL_FAST_COMMIT_FROM_BLOCKS 1024u /* the log has to keep as many for there to be fast commits */

/* Tags. Without checksums: block, 16 bits of checksum, 16 bits of flags; with 64BIT, the upper half of the block; with CSUM_V2,
 * two bytes of nothing at the end. With CSUM_V3: block, flags, upper half of the block, checksum. */
enum {
	BD_JOURNAL_TAG_CHECKSUM_AT = 4,
	BD_JOURNAL_TAG_FLAGS_AT = 6, /* with CSUM_V3, the lower half of the flags */
	BD_JOURNAL_TAG_BYTES = 8,
	BD_JOURNAL_TAG_BLOCK_HIGH_AT = 8,
	BD_JOURNAL_TAG_64BIT_BYTES = 12,
	BD_JOURNAL_TAG_V3_CHECKSUM_AT = 12,
	BD_JOURNAL_TAG_V3_BYTES = 16,
};
#define BD_JOURNAL_TAG_ESCAPED \
	1u /* the block begins with the magic number, in place of which the journal has zeros */
#define BD_JOURNAL_TAG_SAME_UUID 2u /* otherwise the UUID follows the tag */
#define BD_JOURNAL_TAG_LAST 8u

#define BD_JOURNAL_TAIL_BYTES 4 /* with CSUM_V2 and CSUM_V3, a checksum at the end of descriptor and revoke blocks */

enum {
	BD_JOURNAL_REVOKE_BYTES_AT = 12, /* how much of the revoke block is used */
	BD_JOURNAL_REVOKE_FIRST_AT = 16,
	BD_JOURNAL_COMMIT_CHECKSUM_KIND_AT = 12, /* one byte; 1: CRC-32 */
	BD_JOURNAL_COMMIT_CHECKSUM_SIZE_AT = 13, /* one byte */
	BD_JOURNAL_COMMIT_CHECKSUM_AT = 16,
	BD_JOURNAL_COMMIT_TIME_AT = 48, /* seconds, in 64 bits */
};
#define BD_JOURNAL_CHECKSUM_CRC32 1
#define BD_JOURNAL_CHECKSUM_CRC32C 4

/* A block of fast commits begins with a tag of 16 bits, little-endian. */
#define BD_JOURNAL_FAST_COMMIT_HEAD 9
#define BD_JOURNAL_FAST_COMMIT_SEQUENCE_AT 8 /* little-endian: the transaction that they follow */

#endif
