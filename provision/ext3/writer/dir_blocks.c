/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Encodes the blocks of a directory, with a hash tree if it is large. */
#include "ext3/writer/dir_blocks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "rootfs/file_type.h"

#define ENTRY_HEADER 8 /* struct ext2_dir_entry_2 before the name */
#define DX_ROOT_INFO 24 /* in block 0, after the entries of "." and ".." */
#define DX_ROOT_ENTRIES 32
#define DX_NODE_ENTRIES 8
#define DX_ENTRY 8 /* hash, block; in the first one limit and count stand for the hash */
/* A fifth stays free, so that the guest's first new files do not split every leaf. */
#define LEAF_FILL(block_size) ((block_size) / 5 * 4)

static size_t tail_size(ext2_filsys fs)
{
	return ext2fs_has_feature_metadata_csum(fs->super) ? sizeof(struct ext2_dir_entry_tail) : 0;
}

size_t bd_dir_block_room(ext2_filsys fs)
{
	return fs->blocksize - tail_size(fs);
}

/* The entries of an index from such an offset on; the last one's place is the checksum's. */
static size_t index_limit(ext2_filsys fs, size_t offset)
{
	return (fs->blocksize - offset) / DX_ENTRY - (ext2fs_has_feature_metadata_csum(fs->super) ? 1 : 0);
}

size_t bd_dir_entry_size(size_t name_size)
{
	return ENTRY_HEADER + (name_size + 3) / 4 * 4;
}

static void put_entry(uint8_t *at, uint32_t ino, size_t size, const char *name, size_t name_size, uint8_t type)
{
	put_le32(at, ino);
	put_le16(at + 4, (uint16_t)size);
	at[6] = (uint8_t)name_size;
	at[7] = type;
	memcpy(at + ENTRY_HEADER, name, name_size);
}

/* The blocks as they are made: the last one is still open. */
struct maker {
	ext2_filsys fs;
	const struct bd_dir_sink *sink;
	size_t block_size, room; /* room: for entries */
	uint8_t *block;
	size_t count; /* of blocks, the open one too */
};

static errcode_t finish_block(const struct maker *maker)
{
	return maker->sink->write(maker->sink->context, maker->count - 1, maker->block);
}

static errcode_t add_block(struct maker *maker)
{
	errcode_t ec = maker->count ? finish_block(maker) : 0;

	memset(maker->block, 0, maker->block_size);
	maker->count++;
	return ec;
}

/* Entries one after another; the last one of a block reaches to the end of the room. */
struct packer {
	struct maker *maker;
	size_t fill; /* bytes of a block to use */
	size_t used; /* of the last block */
	size_t last; /* where its last entry begins */
};

static void stretch_last_entry(struct packer *packer)
{
	put_le16(packer->maker->block + packer->last + 4, (uint16_t)(packer->maker->room - packer->last));
}

/* A block of entries has a tail that looks like one. */
static void begin_tail(const struct maker *maker)
{
	if (maker->room < maker->block_size)
		ext2fs_initialize_dirent_tail(maker->fs,
					      (struct ext2_dir_entry_tail *)(void *)(maker->block + maker->room));
}

/* *opened_out: the entry is the first of a new block. */
static errcode_t sealed(struct packer *packer, uint32_t ino, const char *name, size_t name_size, uint8_t type,
			bool *opened_out)
{
	size_t size = bd_dir_entry_size(name_size);
	*opened_out = packer->used + size > packer->fill;
	if (*opened_out) {
		if (packer->last < packer->maker->room)
			stretch_last_entry(packer);
		errcode_t ec = add_block(packer->maker);
		if (ec)
			return ec;
		begin_tail(packer->maker);
		packer->used = 0;
	}
	put_entry(packer->maker->block + packer->used, ino, size, name, name_size, type);
	packer->last = packer->used;
	packer->used += size;
	return 0;
}

static errcode_t make_linear(struct maker *maker, uint32_t self, uint32_t parent, const struct bd_dir_entry *entries,
			     size_t count, size_t min_blocks)
{
	struct packer packer = { maker, maker->room, maker->room, maker->room };
	bool opened;
	errcode_t ec = sealed(&packer, self, ".", 1, BD_TYPE_DIRECTORY, &opened);
	if (!ec)
		ec = sealed(&packer, parent, "..", 2, BD_TYPE_DIRECTORY, &opened);
	for (size_t i = 0; !ec && i < count; i++)
		ec = sealed(&packer, entries[i].ino, entries[i].name, entries[i].name_size, entries[i].type, &opened);
	if (ec)
		return ec;
	stretch_last_entry(&packer);

	while (!ec && maker->count < min_blocks) {
		ec = add_block(maker);
		put_entry(maker->block, 0, maker->room, "", 0, 0);
		begin_tail(maker);
	}
	return ec ? ec : finish_block(maker);
}

static int by_hash(const void *left, const void *right, void *context)
{
	const struct bd_dir_entry *entries = context;
	const struct bd_dir_entry *a = &entries[*(const uint32_t *)left], *b = &entries[*(const uint32_t *)right];
	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	if (a->minor_hash != b->minor_hash)
		return a->minor_hash < b->minor_hash ? -1 : 1;
	int order = memcmp(a->name, b->name, a->name_size < b->name_size ? a->name_size : b->name_size);
	return order ? order : a->name_size - b->name_size;
}

/* Their places are sorted instead of the entries: qsort takes as much memory again as what it sorts. */
static errcode_t hash_and_sort(ext2_filsys fs, struct bd_dir_entry *entries, size_t count, uint32_t *order)
{
	/* The kernel's names for the same hashes of unsigned characters come three later. */
	int version = fs->super->s_def_hash_version;
	if (fs->super->s_flags & EXT2_FLAGS_UNSIGNED_HASH)
		version += 3;
	for (size_t i = 0; i < count; i++) {
		errcode_t ec = ext2fs_dirhash(version, entries[i].name, entries[i].name_size, fs->super->s_hash_seed,
					      &entries[i].hash, &entries[i].minor_hash);
		if (ec)
			return ec;
		order[i] = (uint32_t)i;
	}
	qsort_r(order, count, sizeof(*order), by_hash, entries);
	return 0;
}

/* Puts the leaves behind block 0. leaf_hashes: the smallest hash of each, odd where the leaf before has it too. */
static errcode_t make_leaves(struct maker *maker, const struct bd_dir_entry *entries, const uint32_t *order,
			     size_t count, uint32_t *leaf_hashes, size_t *leaf_count_out)
{
	struct packer packer = { maker, LEAF_FILL(maker->block_size), maker->room, maker->room };
	size_t leaves = 0;
	for (size_t i = 0; i < count; i++) {
		const struct bd_dir_entry *entry = &entries[order[i]];
		bool opened;
		errcode_t ec = sealed(&packer, entry->ino, entry->name, entry->name_size, entry->type, &opened);
		if (ec)
			return ec;
		if (opened)
			leaf_hashes[leaves++] = entry->hash | (i && entries[order[i - 1]].hash == entry->hash);
	}
	stretch_last_entry(&packer);
	*leaf_count_out = leaves;
	return 0;
}

static void put_index(uint8_t *at, size_t limit, const uint32_t *hashes, size_t count, size_t first_block,
		      size_t hash_step)
{
	for (size_t i = 0; i < count; i++) {
		put_le32(at + i * DX_ENTRY, hashes[i * hash_step]);
		put_le32(at + i * DX_ENTRY + 4, (uint32_t)(first_block + i));
	}
	put_le16(at, (uint16_t)limit);
	put_le16(at + 2, (uint16_t)count);
}

static void put_root(uint8_t *block, size_t block_size, uint32_t self, uint32_t parent, uint8_t hash_version,
		     uint8_t inner_levels)
{
	put_entry(block, self, bd_dir_entry_size(1), ".", 1, BD_TYPE_DIRECTORY);
	put_entry(block + 12, parent, block_size - 12, "..", 2, BD_TYPE_DIRECTORY);
	uint8_t *info = block + DX_ROOT_INFO;
	info[4] = hash_version;
	info[5] = 8; /* size of this info */
	info[6] = inner_levels;
}

static errcode_t make_index(struct maker *maker, uint32_t self, uint32_t parent, uint8_t hash_version,
			    const uint32_t *leaf_hashes, size_t leaf_count)
{
	size_t block_size = maker->block_size;
	size_t root_limit = index_limit(maker->fs, DX_ROOT_ENTRIES);
	size_t node_limit = index_limit(maker->fs, DX_NODE_ENTRIES);
	bool inner = leaf_count > root_limit;
	size_t node_count = inner ? (leaf_count + node_limit - 1) / node_limit : 0;
	errcode_t ec = 0;

	for (size_t i = 0; !ec && i < node_count; i++) {
		size_t first = i * node_limit;
		size_t count = leaf_count - first < node_limit ? leaf_count - first : node_limit;
		ec = add_block(maker);
		put_entry(maker->block, 0, block_size, "", 0, 0);
		put_index(maker->block + DX_NODE_ENTRIES, node_limit, leaf_hashes + first, count, 1 + first, 1);
	}
	if (!ec)
		ec = finish_block(maker);
	if (ec)
		return ec;
	memset(maker->block, 0, block_size);
	put_root(maker->block, block_size, self, parent, hash_version, inner);
	uint8_t *entries = maker->block + DX_ROOT_ENTRIES;
	if (inner)
		put_index(entries, root_limit, leaf_hashes, node_count, 1 + leaf_count, node_limit);
	else
		put_index(entries, root_limit, leaf_hashes, leaf_count, 1, 1);
	return maker->sink->write(maker->sink->context, 0, maker->block);
}

static errcode_t make_indexed(ext2_filsys fs, struct maker *maker, uint32_t self, uint32_t parent,
			      struct bd_dir_entry *entries, size_t count)
{
	BD_FREE uint32_t *leaf_hashes = malloc(count * sizeof(*leaf_hashes));
	BD_FREE uint32_t *order = malloc(count * sizeof(*order));
	if (!leaf_hashes || !order)
		return ENOMEM;
	size_t leaf_count = 0;
	errcode_t ec = hash_and_sort(fs, entries, count, order);
	if (!ec)
		ec = add_block(maker);
	if (!ec)
		ec = make_leaves(maker, entries, order, count, leaf_hashes, &leaf_count);
	if (!ec)
		ec = make_index(maker, self, parent, fs->super->s_def_hash_version, leaf_hashes, leaf_count);
	return ec;
}

/* Two levels of the tree reach 20 million names at 4 KiB, 300,000 at 1 KiB; a third is not part of dir_index. */
static bool fits_index(ext2_filsys fs, size_t entry_bytes)
{
	size_t leaf_bytes = LEAF_FILL(fs->blocksize) - bd_dir_entry_size(EXT2_NAME_LEN);
	size_t leaves = entry_bytes / leaf_bytes + 1;
	return leaves <= index_limit(fs, DX_ROOT_ENTRIES) * index_limit(fs, DX_NODE_ENTRIES);
}

void bd_dir_sum_add(struct bd_dir_sum *sum, size_t name_size)
{
	size_t size = bd_dir_entry_size(name_size);

	sum->bytes += size;
	if (size > sum->longest)
		sum->longest = size;
}

/* A leaf is left for the next one when an entry does not fit, the longest of them at most; sizes are multiples of 4. What
 * has no index is packed more tightly. */
uint64_t bd_dir_blocks_limit(ext2_filsys fs, const struct bd_dir_sum *sum)
{
	size_t leaf_bytes = LEAF_FILL(fs->blocksize) - sum->longest + 4;
	size_t root_limit = index_limit(fs, DX_ROOT_ENTRIES);
	size_t node_limit = index_limit(fs, DX_NODE_ENTRIES);
	uint64_t leaves = (sum->bytes + leaf_bytes - 1) / leaf_bytes;

	if (2 * bd_dir_entry_size(2) + sum->bytes <= bd_dir_block_room(fs))
		return 1;
	return 1 + leaves + (leaves > root_limit ? (leaves + node_limit - 1) / node_limit : 0);
}

errcode_t bd_dir_blocks_make(ext2_filsys fs, uint32_t self, uint32_t parent, struct bd_dir_entry *entries,
			     size_t count, size_t min_blocks, const struct bd_dir_sink *sink,
			     struct bd_dir_blocks *blocks_out)
{
	size_t entry_bytes = 0;
	for (size_t i = 0; i < count; i++)
		entry_bytes += bd_dir_entry_size(entries[i].name_size);

	BD_FREE uint8_t *block = malloc(fs->blocksize);
	if (!block)
		return ENOMEM;
	struct maker maker = { fs, sink, fs->blocksize, bd_dir_block_room(fs), block, 0 };
	bool small = 2 * bd_dir_entry_size(2) + entry_bytes <= maker.room;
	bool linear = small || min_blocks > 1 || !fits_index(fs, entry_bytes);
	errcode_t ec = linear ? make_linear(&maker, self, parent, entries, count, min_blocks)
			      : make_indexed(fs, &maker, self, parent, entries, count);
	*blocks_out = (struct bd_dir_blocks){ maker.count, !linear };
	return ec;
}
