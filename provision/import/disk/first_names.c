/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hash table with open addressing; slots are never given back, only the strings are. */
#include "import/disk/first_names.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hash.h"

#define FIRST_SIZE 1024

void bd_first_names_init(struct bd_first_names *names)
{
	*names = (struct bd_first_names){ 0 };
}

void bd_first_names_dispose(struct bd_first_names *names)
{
	for (size_t i = 0; i < names->size; i++)
		free(names->slots[i].path);
	free(names->slots);
	bd_first_names_init(names);
}

/* The inode's slot, or the empty one where it belongs. */
static struct bd_first_name *slot_of(const struct bd_first_names *names, uint64_t inode)
{
	size_t i = bd_hash(BD_HASH_INIT, &inode, sizeof(inode)) & (names->size - 1);

	while (names->slots[i].inode && names->slots[i].inode != inode)
		i = (i + 1) & (names->size - 1);
	return &names->slots[i];
}

static int grow(struct bd_first_names *names, struct bd_error *err)
{
	struct bd_first_names larger = { .size = names->size ? names->size * 2 : FIRST_SIZE };
	if (names->used * 2 < names->size)
		return 0;
	larger.slots = calloc(larger.size, sizeof(*larger.slots));
	if (!larger.slots)
		return bd_no_memory(err);
	for (size_t i = 0; i < names->size; i++)
		if (names->slots[i].inode)
			*slot_of(&larger, names->slots[i].inode) = names->slots[i];
	larger.used = names->used;
	free(names->slots);
	*names = larger;
	return 0;
}

int bd_first_names_visit(struct bd_first_names *names, uint64_t inode, uint32_t links, const char *path,
			 char **first_out, struct bd_error *err)
{
	if (grow(names, err) < 0)
		return -1;
	struct bd_first_name *slot = slot_of(names, inode);
	if (slot->path) {
		*first_out = --slot->names_left ? strdup(slot->path) : bd_take_ptr(slot->path);
		return *first_out ? 0 : bd_no_memory(err);
	}
	char *copy = strdup(path);
	if (!copy)
		return bd_no_memory(err);
	names->used += !slot->inode;
	*slot = (struct bd_first_name){ .inode = inode, .path = copy, .names_left = links - 1 };
	*first_out = NULL;
	return 0;
}
