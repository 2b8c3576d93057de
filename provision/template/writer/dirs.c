/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories of a template while it is sealed: their records, what is in them, and taking that away again. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "template/writer/parts.h"

bool bd_seal_is_dir(const struct bd_seal *seal, uint32_t name)
{
	return bd_names_type(&seal->names, name) == 2;
}

struct bd_seal_dir *bd_seal_dir_of(const struct bd_seal *seal, uint32_t name)
{
	return &seal->dirs[seal->names.names[name].inode & ~BD_SEAL_DIR];
}

void bd_seal_append_child(struct bd_seal *seal, uint32_t parent, uint32_t child)
{
	struct bd_seal_dir *dir = bd_seal_dir_of(seal, parent);

	if (dir->last_child == BD_NO_NAME)
		dir->first_child = child;
	else
		seal->names.names[dir->last_child].next = child;
	dir->last_child = child;
}

/* The encoded record becomes the directory's. */
int bd_seal_set_dir_record(struct bd_seal *seal, struct bd_seal_dir *dir, struct bd_error *err)
{
	uint8_t *record = malloc(seal->record_size);

	if (!record)
		return bd_fail(err, ENOMEM, "out of memory");
	memcpy(record, seal->record, seal->record_size);
	free(dir->record);
	dir->record = record;
	dir->record_size = (uint32_t)seal->record_size;
	return 0;
}

int bd_seal_new_dir(struct bd_seal *seal, uint32_t name, struct bd_error *err)
{
	if (seal->dir_count == seal->dir_capacity) {
		uint32_t capacity = seal->dir_capacity ? seal->dir_capacity * 2 : 256;
		struct bd_seal_dir *grown = realloc(seal->dirs, capacity * sizeof(*grown));
		if (!grown)
			return bd_fail(err, ENOMEM, "out of memory");
		seal->dirs = grown;
		seal->dir_capacity = capacity;
	}
	seal->dirs[seal->dir_count] =
		(struct bd_seal_dir){ .name = name, .first_child = BD_NO_NAME, .last_child = BD_NO_NAME };
	seal->names.names[name].inode = seal->dir_count++ | BD_SEAL_DIR;
	return bd_seal_set_dir_record(seal, bd_seal_dir_of(seal, name), err);
}

/* Takes names below a directory away, without recursion: what is found in directories is put behind a list. */
void bd_seal_remove_below(struct bd_seal *seal, uint32_t top)
{
	struct bd_seal_dir *dir = bd_seal_dir_of(seal, top);

	for (uint32_t child = dir->first_child; child != BD_NO_NAME;) {
		struct bd_name *name = &seal->names.names[child];
		uint32_t next = name->next;
		if (bd_seal_is_dir(seal, child)) {
			struct bd_seal_dir *below = bd_seal_dir_of(seal, child);
			if (below->last_child != BD_NO_NAME) {
				seal->names.names[below->last_child].next = next;
				next = below->first_child;
			}
			below->first_child = below->last_child = BD_NO_NAME;
			free(below->record);
			below->record = NULL;
			below->record_size = 0;
		} else if (bd_names_type(&seal->names, child)) {
			seal->links[name->inode]--;
		}
		bd_names_remove(&seal->names, child);
		child = next;
	}
	dir->first_child = dir->last_child = BD_NO_NAME;
}

void bd_seal_remove_name(struct bd_seal *seal, uint32_t name)
{
	if (bd_seal_is_dir(seal, name)) {
		bd_seal_remove_below(seal, name);
		free(bd_seal_dir_of(seal, name)->record);
		bd_seal_dir_of(seal, name)->record = NULL;
		bd_seal_dir_of(seal, name)->record_size = 0;
	} else {
		seal->links[seal->names.names[name].inode]--;
	}
	bd_names_remove(&seal->names, name);
}
