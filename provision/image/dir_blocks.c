/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Encoding a directory, with its hash tree where it is large. */
#include "image/dir_blocks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define ENTRY_HEADER 8 /* struct ext2_dir_entry_2 before the name */
#define DX_ROOT_INFO 24 /* in block 0, after the entries of "." and ".." */
#define DX_ROOT_ENTRIES 32
#define DX_NODE_ENTRIES 8
#define DX_ENTRY 8 /* hash, block; in the first one limit and count stand for the hash */
/* A fifth stays free, so that the guest's first new files do not split every leaf. */
#define LEAF_FILL(block_size) ((block_size) / 5 * 4)

void bd_dir_blocks_dispose(struct bd_dir_blocks *blocks)
{
	free(blocks->bytes);
	*blocks = (struct bd_dir_blocks){ 0 };
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

static errcode_t add_block(struct bd_dir_blocks *blocks, size_t block_size)
{
	if (blocks->count == blocks->capacity) {
		size_t capacity = blocks->capacity ? blocks->capacity * 2 : 1;
		uint8_t *bytes = realloc(blocks->bytes, capacity * block_size);
		if (!bytes)
			return ENOMEM;
		blocks->bytes = bytes;
		blocks->capacity = capacity;
	}
	memset(blocks->bytes + blocks->count * block_size, 0, block_size);
	blocks->count++;
	return 0;
}

/* Entries one after another; the last one of a block reaches to the block's end. */
struct packer {
	struct bd_dir_blocks *blocks;
	size_t block_size;
	size_t fill; /* bytes of a block to use */
	size_t used; /* of the last block */
	size_t last; /* where its last entry begins */
};

static void stretch_last_entry(struct packer *packer)
{
	uint8_t *block = packer->blocks->bytes + (packer->blocks->count - 1) * packer->block_size;
	put_le16(block + packer->last + 4, (uint16_t)(packer->block_size - packer->last));
}

/* *opened_out: the entry is the first of a new block. */
static errcode_t pack(struct packer *packer, uint32_t ino, const char *name, size_t name_size, uint8_t type,
		      bool *opened_out)
{
	size_t size = bd_dir_entry_size(name_size);
	*opened_out = packer->used + size > packer->fill;
	if (*opened_out) {
		if (packer->used && packer->used != packer->block_size)
			stretch_last_entry(packer);
		errcode_t ec = add_block(packer->blocks, packer->block_size);
		if (ec)
			return ec;
		packer->used = 0;
	}
	uint8_t *block = packer->blocks->bytes + (packer->blocks->count - 1) * packer->block_size;
	put_entry(block + packer->used, ino, size, name, name_size, type);
	packer->last = packer->used;
	packer->used += size;
	return 0;
}

static errcode_t make_linear(size_t block_size, uint32_t self, uint32_t parent, const struct bd_dir_entry *entries,
			     size_t count, size_t min_blocks, struct bd_dir_blocks *blocks)
{
	struct packer packer = { blocks, block_size, block_size, block_size, 0 };
	bool opened;
	errcode_t ec = pack(&packer, self, ".", 1, EXT2_FT_DIR, &opened);
	if (!ec)
		ec = pack(&packer, parent, "..", 2, EXT2_FT_DIR, &opened);
	for (size_t i = 0; !ec && i < count; i++)
		ec = pack(&packer, entries[i].ino, entries[i].name, entries[i].name_size, entries[i].type, &opened);
	if (ec)
		return ec;
	stretch_last_entry(&packer);

	while (!ec && blocks->count < min_blocks) {
		ec = add_block(blocks, block_size);
		if (!ec)
			put_entry(blocks->bytes + (blocks->count - 1) * block_size, 0, block_size, "", 0, 0);
	}
	return ec;
}

static int by_hash(const void *left, const void *right)
{
	const struct bd_dir_entry *a = left, *b = right;
	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	if (a->minor_hash != b->minor_hash)
		return a->minor_hash < b->minor_hash ? -1 : 1;
	int order = memcmp(a->name, b->name, a->name_size < b->name_size ? a->name_size : b->name_size);
	return order ? order : a->name_size - b->name_size;
}

static errcode_t hash_and_sort(ext2_filsys fs, struct bd_dir_entry *entries, size_t count)
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
	}
	qsort(entries, count, sizeof(*entries), by_hash);
	return 0;
}

/* Puts the leaves behind block 0. leaf_hashes: the smallest hash of each, odd where the leaf before has it too. */
static errcode_t make_leaves(size_t block_size, const struct bd_dir_entry *entries, size_t count,
			     struct bd_dir_blocks *blocks, uint32_t *leaf_hashes, size_t *leaf_count_out)
{
	struct packer packer = { blocks, block_size, LEAF_FILL(block_size), block_size, 0 };
	size_t leaves = 0;
	for (size_t i = 0; i < count; i++) {
		bool opened;
		errcode_t ec = pack(&packer, entries[i].ino, entries[i].name, entries[i].name_size, entries[i].type,
				    &opened);
		if (ec)
			return ec;
		if (opened)
			leaf_hashes[leaves++] = entries[i].hash | (i && entries[i - 1].hash == entries[i].hash);
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
	put_entry(block, self, bd_dir_entry_size(1), ".", 1, EXT2_FT_DIR);
	put_entry(block + 12, parent, block_size - 12, "..", 2, EXT2_FT_DIR);
	uint8_t *info = block + DX_ROOT_INFO;
	info[4] = hash_version;
	info[5] = 8; /* size of this info */
	info[6] = inner_levels;
}

static errcode_t make_index(ext2_filsys fs, uint32_t self, uint32_t parent, const uint32_t *leaf_hashes,
			    size_t leaf_count, struct bd_dir_blocks *blocks)
{
	size_t block_size = fs->blocksize;
	size_t root_limit = (block_size - DX_ROOT_ENTRIES) / DX_ENTRY;
	size_t node_limit = (block_size - DX_NODE_ENTRIES) / DX_ENTRY;
	bool inner = leaf_count > root_limit;
	size_t node_count = inner ? (leaf_count + node_limit - 1) / node_limit : 0;

	for (size_t i = 0; i < node_count; i++) {
		errcode_t ec = add_block(blocks, block_size);
		if (ec)
			return ec;
		uint8_t *node = blocks->bytes + (blocks->count - 1) * block_size;
		size_t first = i * node_limit;
		size_t count = leaf_count - first < node_limit ? leaf_count - first : node_limit;
		put_entry(node, 0, block_size, "", 0, 0);
		put_index(node + DX_NODE_ENTRIES, node_limit, leaf_hashes + first, count, 1 + first, 1);
	}
	put_root(blocks->bytes, block_size, self, parent, fs->super->s_def_hash_version, inner);
	uint8_t *entries = blocks->bytes + DX_ROOT_ENTRIES;
	if (inner)
		put_index(entries, root_limit, leaf_hashes, node_count, 1 + leaf_count, node_limit);
	else
		put_index(entries, root_limit, leaf_hashes, leaf_count, 1, 1);
	return 0;
}

static errcode_t make_indexed(ext2_filsys fs, uint32_t self, uint32_t parent, struct bd_dir_entry *entries,
			      size_t count, struct bd_dir_blocks *blocks)
{
	uint32_t *leaf_hashes = malloc(count * sizeof(*leaf_hashes));
	if (!leaf_hashes)
		return ENOMEM;
	size_t leaf_count = 0;
	errcode_t ec = hash_and_sort(fs, entries, count);
	if (!ec)
		ec = add_block(blocks, fs->blocksize);
	if (!ec)
		ec = make_leaves(fs->blocksize, entries, count, blocks, leaf_hashes, &leaf_count);
	if (!ec)
		ec = make_index(fs, self, parent, leaf_hashes, leaf_count, blocks);
	free(leaf_hashes);
	blocks->indexed = true;
	return ec;
}

/* Two levels of the tree reach 20 million names at 4 KiB, 300,000 at 1 KiB; a third is not part of dir_index. */
static bool fits_index(size_t block_size, size_t entry_bytes)
{
	size_t leaf_bytes = LEAF_FILL(block_size) - bd_dir_entry_size(EXT2_NAME_LEN);
	size_t leaves = entry_bytes / leaf_bytes + 1;
	return leaves <= (block_size - DX_ROOT_ENTRIES) / DX_ENTRY * ((block_size - DX_NODE_ENTRIES) / DX_ENTRY);
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
uint64_t bd_dir_blocks_limit(size_t block_size, const struct bd_dir_sum *sum)
{
	size_t leaf_bytes = LEAF_FILL(block_size) - sum->longest + 4;
	size_t root_limit = (block_size - DX_ROOT_ENTRIES) / DX_ENTRY;
	size_t node_limit = (block_size - DX_NODE_ENTRIES) / DX_ENTRY;
	uint64_t leaves = (sum->bytes + leaf_bytes - 1) / leaf_bytes;

	if (2 * bd_dir_entry_size(2) + sum->bytes <= block_size)
		return 1;
	return 1 + leaves + (leaves > root_limit ? (leaves + node_limit - 1) / node_limit : 0);
}

errcode_t bd_dir_blocks_make(ext2_filsys fs, uint32_t self, uint32_t parent, struct bd_dir_entry *entries,
			     size_t count, size_t min_blocks, struct bd_dir_blocks *blocks_out)
{
	size_t entry_bytes = 0;
	for (size_t i = 0; i < count; i++)
		entry_bytes += bd_dir_entry_size(entries[i].name_size);

	*blocks_out = (struct bd_dir_blocks){ 0 };
	bool small = 2 * bd_dir_entry_size(2) + entry_bytes <= fs->blocksize;
	errcode_t ec;
	if (small || min_blocks > 1 || !fits_index(fs->blocksize, entry_bytes))
		ec = make_linear(fs->blocksize, self, parent, entries, count, min_blocks, blocks_out);
	else
		ec = make_indexed(fs, self, parent, entries, count, blocks_out);
	if (ec)
		bd_dir_blocks_dispose(blocks_out);
	return ec;
}
