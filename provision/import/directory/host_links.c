/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hash table from device and inode number to a path. */
#include "import/directory/host_links.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

void bd_host_links_init(struct bd_host_links *links)
{
	*links = (struct bd_host_links){ 0 };
}

void bd_host_links_dispose(struct bd_host_links *links)
{
	for (size_t i = 0; i < links->size; i++)
		free(links->table[i].path);
	free(links->table);
	bd_host_links_init(links);
}

static struct bd_host_link *find(const struct bd_host_links *links, uint64_t device, uint64_t inode)
{
	uint64_t hash = bd_hash(bd_hash(BD_HASH_INIT, &device, sizeof(device)), &inode, sizeof(inode));
	size_t place = (size_t)hash & (links->size - 1);

	while (links->table[place].path &&
	       (links->table[place].device != device || links->table[place].inode != inode))
		place = (place + 1) & (links->size - 1);
	return &links->table[place];
}

static int grow(struct bd_host_links *links, struct bd_error *err)
{
	struct bd_host_links grown = { .count = links->count, .size = links->size ? links->size * 2 : 256 };

	grown.table = calloc(grown.size, sizeof(*grown.table));
	if (!grown.table)
		return bd_no_memory(err);
	for (size_t i = 0; i < links->size; i++)
		if (links->table[i].path)
			*find(&grown, links->table[i].device, links->table[i].inode) = links->table[i];
	free(links->table);
	*links = grown;
	return 0;
}

int bd_host_links_meet(struct bd_host_links *links, uint64_t device, uint64_t inode, const char *path,
		       const char **first_out, struct bd_error *err)
{
	if (links->count * 2 >= links->size && grow(links, err) != 0)
		return -1;
	struct bd_host_link *link = find(links, device, inode);
	*first_out = link->path;
	if (link->path)
		return 0;
	*link = (struct bd_host_link){ device, inode, strdup(path) };
	if (!link->path)
		return bd_no_memory(err);
	links->count++;
	return 0;
}
