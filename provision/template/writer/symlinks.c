/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where symlinks lead to, while layers are sealed: their records are in a file, and the next layer may write below them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "template/writer/parts.h"

#define TYPE_SYMLINK 7 /* EXT2_FT_SYMLINK */

static int make_room(struct bd_seal *seal, size_t size, struct bd_error *err)
{
	if (seal->symlink_count == seal->symlink_capacity) {
		size_t capacity = seal->symlink_capacity ? seal->symlink_capacity * 2 : 256;
		struct bd_seal_symlink *grown = realloc(seal->symlinks, capacity * sizeof(*grown));
		if (!grown)
			return bd_fail(err, ENOMEM, "out of memory");
		seal->symlinks = grown;
		seal->symlink_capacity = capacity;
	}
	if (seal->targets_capacity - seal->targets_size < size) {
		size_t capacity = seal->targets_capacity * 2 + size + 4096;
		char *grown = capacity <= UINT32_MAX ? realloc(seal->targets, capacity) : NULL;
		if (!grown)
			return bd_fail(err, ENOMEM, "out of memory");
		seal->targets = grown;
		seal->targets_capacity = capacity;
	}
	return 0;
}

int bd_seal_remember_symlink(struct bd_seal *seal, uint32_t record, const char *target, struct bd_error *err)
{
	size_t size = strlen(target) + 1;

	if (make_room(seal, size, err) != 0)
		return -1;
	seal->symlinks[seal->symlink_count++] = (struct bd_seal_symlink){ record, (uint32_t)seal->targets_size };
	memcpy(seal->targets + seal->targets_size, target, size);
	seal->targets_size += size;
	return 0;
}

static int by_record(const void *left, const void *right)
{
	const struct bd_seal_symlink *a = left, *b = right;
	return (a->record > b->record) - (a->record < b->record);
}

const char *bd_seal_symlink_target(const struct bd_seal *seal, uint32_t name)
{
	const struct bd_seal_symlink key = { .record = seal->names.names[name].inode };
	const struct bd_seal_symlink *found = NULL;

	if (bd_names_type(&seal->names, name) == TYPE_SYMLINK && seal->symlink_count)
		found = bsearch(&key, seal->symlinks, seal->symlink_count, sizeof(key), by_record);
	return found ? seal->targets + found->target : NULL;
}
