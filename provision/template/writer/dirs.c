/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps the records of directories and their contents, and removes those again. */
#include "template/writer/dirs.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "rootfs/file_type.h"

bool bd_sealed_writer_is_dir(const struct bd_sealed_writer *writer, uint32_t name)
{
	return bd_names_type(&writer->names, name) == BD_TYPE_DIRECTORY;
}

struct bd_sealed_writer_dir *bd_sealed_writer_dir_of(const struct bd_sealed_writer *writer, uint32_t name)
{
	return &writer->dirs[writer->names.names[name].inode & ~BD_SEALED_WRITER_DIR];
}

void bd_sealed_writer_append_child(struct bd_sealed_writer *writer, uint32_t parent, uint32_t child)
{
	struct bd_sealed_writer_dir *dir = bd_sealed_writer_dir_of(writer, parent);

	if (dir->last_child == BD_NO_NAME)
		dir->first_child = child;
	else
		writer->names.names[dir->last_child].next = child;
	dir->last_child = child;
}

/* The encoded record becomes the directory's. */
int bd_sealed_writer_set_dir_record(struct bd_sealed_writer *writer, struct bd_sealed_writer_dir *dir,
				    struct bd_error *err)
{
	uint8_t *record = malloc(writer->record_size);

	if (!record)
		return bd_no_memory(err);
	memcpy(record, writer->record, writer->record_size);
	free(dir->record);
	dir->record = record;
	dir->record_size = (uint32_t)writer->record_size;
	return 0;
}

int bd_sealed_writer_new_dir(struct bd_sealed_writer *writer, uint32_t name, struct bd_error *err)
{
	if (bd_array_grow(writer->dirs, writer->dir_count, err) != 0)
		return -1;
	writer->dirs[writer->dir_count] =
		(struct bd_sealed_writer_dir){ .name = name, .first_child = BD_NO_NAME, .last_child = BD_NO_NAME };
	writer->names.names[name].inode = writer->dir_count++ | BD_SEALED_WRITER_DIR;
	return bd_sealed_writer_set_dir_record(writer, bd_sealed_writer_dir_of(writer, name), err);
}

static void drop_record(struct bd_sealed_writer_dir *dir)
{
	free(bd_take_ptr(dir->record));
	dir->record_size = 0;
}

/* Takes names below a directory away, without recursion: what is found in directories is put behind a list. */
void bd_sealed_writer_remove_below(struct bd_sealed_writer *writer, uint32_t top)
{
	struct bd_sealed_writer_dir *dir = bd_sealed_writer_dir_of(writer, top);

	for (uint32_t child = dir->first_child; child != BD_NO_NAME;) {
		struct bd_name *name = &writer->names.names[child];
		uint32_t next = name->next;
		if (bd_sealed_writer_is_dir(writer, child)) {
			struct bd_sealed_writer_dir *below = bd_sealed_writer_dir_of(writer, child);
			if (below->last_child != BD_NO_NAME) {
				writer->names.names[below->last_child].next = next;
				next = below->first_child;
			}
			below->first_child = below->last_child = BD_NO_NAME;
			drop_record(below);
		} else if (bd_names_type(&writer->names, child)) {
			writer->links[name->inode]--;
		}
		bd_names_remove(&writer->names, child);
		child = next;
	}
	dir->first_child = dir->last_child = BD_NO_NAME;
}

void bd_sealed_writer_remove_name(struct bd_sealed_writer *writer, uint32_t name)
{
	if (bd_sealed_writer_is_dir(writer, name)) {
		bd_sealed_writer_remove_below(writer, name);
		drop_record(bd_sealed_writer_dir_of(writer, name));
	} else {
		writer->links[writer->names.names[name].inode]--;
	}
	bd_names_remove(&writer->names, name);
}
