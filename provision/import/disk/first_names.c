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
		free(names->places[i].path);
	free(names->places);
	bd_first_names_init(names);
}

/* The inode's place, or the empty one where it belongs. */
static struct bd_first_name *place_of(const struct bd_first_names *names, uint64_t inode)
{
	size_t i = bd_hash(BD_HASH_INIT, &inode, sizeof(inode)) & (names->size - 1);

	while (names->places[i].inode && names->places[i].inode != inode)
		i = (i + 1) & (names->size - 1);
	return &names->places[i];
}

static int grow(struct bd_first_names *names, struct bd_error *err)
{
	struct bd_first_names larger = { .size = names->size ? names->size * 2 : FIRST_SIZE };
	if (names->used * 2 < names->size)
		return 0;
	larger.places = calloc(larger.size, sizeof(*larger.places));
	if (!larger.places)
		return bd_no_memory(err);
	for (size_t i = 0; i < names->size; i++)
		if (names->places[i].inode)
			*place_of(&larger, names->places[i].inode) = names->places[i];
	larger.used = names->used;
	free(names->places);
	*names = larger;
	return 0;
}

int bd_first_names_visit(struct bd_first_names *names, uint64_t inode, uint32_t links, const char *path,
			 char **first_out, struct bd_error *err)
{
	if (grow(names, err) < 0)
		return -1;
	struct bd_first_name *place = place_of(names, inode);
	if (place->path) {
		*first_out = --place->names_left ? strdup(place->path) : bd_take_ptr(place->path);
		return *first_out ? 0 : bd_no_memory(err);
	}
	char *copy = strdup(path);
	if (!copy)
		return bd_no_memory(err);
	names->used += !place->inode;
	*place = (struct bd_first_name){ .inode = inode, .path = copy, .names_left = links - 1 };
	*first_out = NULL;
	return 0;
}
