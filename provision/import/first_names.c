/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps a node for each file even after its path is returned, because the inode may be looked up again. */
#include "import/first_names.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct first_name {
	uint64_t device, inode;
	char *path; /* NULL: all names were seen */
	uint32_t names_left;
};

static void free_name(void *pointer)
{
	free(((struct first_name *)pointer)->path);
	free(pointer);
}

void bd_first_names_dispose(struct bd_first_names *names)
{
	tdestroy(bd_take_ptr(names->root), free_name);
}

static int compare(const void *left, const void *right)
{
	const struct first_name *a = left, *b = right;
	if (a->device != b->device)
		return a->device < b->device ? -1 : 1;
	return (a->inode > b->inode) - (a->inode < b->inode);
}

/* The file's node, made when there is none. NULL: no memory. */
static struct first_name *node_of(struct bd_first_names *names, uint64_t device, uint64_t inode)
{
	const struct first_name key = { .device = device, .inode = inode };
	struct first_name **found = tfind(&key, &names->root, compare);
	if (found)
		return *found;
	BD_FREE struct first_name *added = calloc(1, sizeof(*added));
	if (!added)
		return NULL;
	*added = key;
	return tsearch(added, &names->root, compare) ? bd_take_ptr(added) : NULL;
}

int bd_first_names_visit(struct bd_first_names *names, uint64_t device, uint64_t inode, uint32_t links,
			 const char *path, char **first_out, struct bd_error *err)
{
	struct first_name *name = node_of(names, device, inode);
	if (!name)
		return bd_no_memory(err);
	if (name->path) {
		*first_out = --name->names_left ? strdup(name->path) : bd_take_ptr(name->path);
		return *first_out ? 0 : bd_no_memory(err);
	}
	name->path = strdup(path);
	name->names_left = links - 1;
	*first_out = NULL;
	return name->path ? 0 : bd_no_memory(err);
}

void bd_first_names_forget(struct bd_first_names *names, uint64_t device, uint64_t inode)
{
	const struct first_name key = { .device = device, .inode = inode };
	struct first_name **found = tfind(&key, &names->root, compare);

	if (found)
		free(bd_take_ptr((*found)->path));
}
