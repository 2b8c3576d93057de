/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Encodes extended attributes. */
#include "ext3/writer/xattr.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <ext2fs/ext2fs.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "rootfs/posix_acl.h"

#define MAGIC 0xEA020000u
#define IBODY_HEADER 4
#define BLOCK_HEADER 32
#define ENTRY_HEADER 16

static const struct prefix {
	uint8_t index;
	bool whole; /* the name is all of it */
	const char *text;
} prefixes[] = {
	{ 2, true, BD_XATTR_ACL_ACCESS }, { 3, true, BD_XATTR_ACL_DEFAULT }, { 1, false, "user." },
	{ 4, false, "trusted." },	  { 6, false, "security." },
};

/* One attribute in ext3's words. */
struct entry {
	uint8_t index;
	const char *name; /* without its prefix; borrowed */
	size_t name_size;
	void *own_value; /* of an ACL; owned */
	const uint8_t *value;
	size_t value_size;
};

struct entries {
	struct entry *list;
	size_t count;
};

static void entries_dispose(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++)
		free(entries->list[i].own_value);
	free(entries->list);
}

static size_t pad4(size_t size)
{
	return (size + 3) / 4 * 4;
}

static int convert(const struct bd_xattr *xattr, struct entry *entry, struct bd_error *err)
{
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
		const struct prefix *prefix = &prefixes[i];
		size_t length = strlen(prefix->text);
		if (prefix->whole ? strcmp(xattr->name, prefix->text) : strncmp(xattr->name, prefix->text, length))
			continue;
		*entry = (struct entry){ .index = prefix->index,
					 .name = xattr->name + length,
					 .name_size = strlen(xattr->name + length),
					 .value = xattr->value,
					 .value_size = xattr->size_bytes };
		if (entry->name_size > UINT8_MAX || (!prefix->whole && !entry->name_size))
			return bd_fail(err, EINVAL, "invalid extended attribute %.60s", xattr->name);
		if (!prefix->whole)
			return 0;
		if (bd_posix_acl_to_ext(xattr->value, xattr->size_bytes, &entry->own_value, &entry->value_size,
					err) != 0)
			return -1;
		entry->value = entry->own_value;
		return 0;
	}
	return bd_fail(err, ENOTSUP, "ext3 does not support its extended attribute %s", xattr->name);
}

/* The kernel wants them in this order in a block. */
static int in_order(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;

	if (a->index != b->index)
		return a->index < b->index ? -1 : 1;
	if (a->name_size != b->name_size)
		return a->name_size < b->name_size ? -1 : 1;
	return memcmp(a->name, b->name, a->name_size);
}

static int convert_all(const struct bd_xattr *xattrs, size_t count, struct entries *out, struct bd_error *err)
{
	out->list = calloc(count + 1, sizeof(*out->list));
	if (!out->list)
		return bd_no_memory(err);
	for (; out->count < count; out->count++)
		if (convert(&xattrs[out->count], &out->list[out->count], err) != 0)
			return -1;
	qsort(out->list, count, sizeof(*out->list), in_order);
	return 0;
}

static size_t entry_bytes(const struct entry *entry)
{
	return ENTRY_HEADER + pad4(entry->name_size);
}

static size_t all_bytes(const struct entries *entries, size_t header)
{
	size_t bytes = header + 4; /* four zero bytes end the entries */

	for (size_t i = 0; i < entries->count; i++)
		bytes += entry_bytes(&entries->list[i]) + pad4(entries->list[i].value_size);
	return bytes;
}

/* Entries from `first` on, values from the end of the room backwards. Value offsets count from `base`. */
static void put_entries(const struct entries *entries, uint8_t *base, uint8_t *first, uint8_t *end, bool hashed)
{
	uint8_t *at = first, *value = end;

	for (size_t i = 0; i < entries->count; i++) {
		const struct entry *entry = &entries->list[i];
		value -= pad4(entry->value_size);
		if (entry->value_size)
			memcpy(value, entry->value, entry->value_size);
		at[0] = (uint8_t)entry->name_size;
		at[1] = entry->index;
		put_le16(at + 2, entry->value_size ? (uint16_t)(value - base) : 0);
		put_le32(at + 8, (uint32_t)entry->value_size);
		memcpy(at + ENTRY_HEADER, entry->name, entry->name_size);
		if (hashed)
			put_le32(at + 12,
				 ext2fs_ext_attr_hash_entry((struct ext2_ext_attr_entry *)(void *)at, value));
		at += entry_bytes(entry);
	}
}

uint64_t bd_xattr_inode_bytes(const struct bd_xattr *xattrs, size_t count)
{
	BD_DISPOSE(entries_dispose) struct entries entries = { 0 };
	struct bd_error ignored;

	if (!count)
		return 0;
	return convert_all(xattrs, count, &entries, &ignored) == 0 ? all_bytes(&entries, IBODY_HEADER) : UINT64_MAX;
}

int bd_xattr_put_in_inode(const struct bd_xattr *xattrs, size_t count, uint8_t *at, size_t room_bytes,
			  struct bd_error *err)
{
	BD_DISPOSE(entries_dispose) struct entries entries = { 0 };

	if (convert_all(xattrs, count, &entries, err) != 0)
		return -1;
	if (all_bytes(&entries, IBODY_HEADER) > room_bytes)
		return bd_fail(err, ENOSPC, "its extended attributes do not fit into the inode");
	put_le32(at, MAGIC);
	/* In an inode offsets count from behind the magic number, and the kernel asks for no hashes. */
	put_entries(&entries, at + IBODY_HEADER, at + IBODY_HEADER, at + room_bytes, false);
	return 0;
}

/* As ext2fs_ext_attr_block_rehash(). */
static uint32_t block_hash(const struct entries *entries, const uint8_t *block)
{
	uint32_t hash = 0;

	for (size_t i = 0, at = BLOCK_HEADER; i < entries->count; at += entry_bytes(&entries->list[i]), i++) {
		uint32_t entry_hash = get_le32(block + at + 12);
		if (!entry_hash)
			return 0; /* never shared */
		hash = (hash << 16 | hash >> 16) ^ entry_hash;
	}
	return hash;
}

static int convert_for_block(const struct bd_xattr *xattrs, size_t count, size_t block_size, struct entries *entries,
			     struct bd_error *err)
{
	if (convert_all(xattrs, count, entries, err) != 0)
		return -1;
	if (all_bytes(entries, BLOCK_HEADER) > block_size)
		return bd_fail(err, E2BIG, "its extended attributes take %zu bytes, ext3 has room for %zu",
			       all_bytes(entries, BLOCK_HEADER), block_size);
	return 0;
}

int bd_xattr_check_block(const struct bd_xattr *xattrs, size_t count, size_t block_size, struct bd_error *err)
{
	BD_DISPOSE(entries_dispose) struct entries entries = { 0 };

	return convert_for_block(xattrs, count, block_size, &entries, err);
}

int bd_xattr_put_in_block(const struct bd_xattr *xattrs, size_t count, uint8_t *block, size_t block_size,
			  struct bd_error *err)
{
	BD_DISPOSE(entries_dispose) struct entries entries = { 0 };

	if (convert_for_block(xattrs, count, block_size, &entries, err) != 0)
		return -1;
	put_le32(block, MAGIC);
	put_le32(block + 4, 1); /* one inode has it */
	put_le32(block + 8, 1); /* one block */
	put_entries(&entries, block, block + BLOCK_HEADER, block + block_size, true);
	put_le32(block + 12, block_hash(&entries, block));
	return 0;
}
