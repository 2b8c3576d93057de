/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps the names that wait for their file's content. */
#include "import/archive/links.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

static void drop_names(struct bd_waiting_file *file)
{
	for (size_t i = 0; i < file->count; i++)
		free(file->names[i]);
	free(file->names);
	file->names = NULL;
	file->count = 0;
}

void bd_waiting_dispose(struct bd_waiting_files *waiting)
{
	for (size_t i = 0; i < waiting->count; i++)
		drop_names(&waiting->files[i]);
	free(waiting->files);
	*waiting = (struct bd_waiting_files){ 0 };
}

int bd_waiting_add_name(struct bd_waiting_file *file, const char *path, struct bd_error *err)
{
	if (bd_array_grow(file->names, file->count, err) != 0)
		return -1;
	file->names[file->count] = strdup(path);
	if (!file->names[file->count])
		return bd_no_memory(err);
	file->count++;
	return 0;
}

int bd_waiting_add(struct bd_waiting_files *waiting, const char *path, const struct bd_file_meta *meta,
		   struct bd_error *err)
{
	if (bd_array_grow(waiting->files, waiting->count, err) != 0)
		return -1;
	struct bd_waiting_file *file = &waiting->files[waiting->count++];
	*file = (struct bd_waiting_file){ .meta = *meta };
	file->meta.xattrs = NULL;
	file->meta.xattr_count = 0;
	return bd_waiting_add_name(file, path, err);
}

struct bd_waiting_file *bd_waiting_find(const struct bd_waiting_files *waiting, const char *first_name)
{
	/* The names of one file follow each other closely in most archives. */
	for (size_t i = waiting->count; i-- > 0;)
		if (waiting->files[i].count && !strcmp(waiting->files[i].names[0], first_name))
			return &waiting->files[i];
	return NULL;
}

int bd_waiting_link(struct bd_waiting_file *file, const char *path, struct bd_sealed_writer *writer,
		    struct bd_error *err)
{
	for (size_t i = 0; i < file->count; i++)
		if (bd_sealed_writer_link(writer, file->names[i], path, err) != 0)
			return -1;
	drop_names(file);
	return 0;
}

int bd_waiting_flush(struct bd_waiting_files *waiting, struct bd_sealed_writer *writer, struct bd_error *err)
{
	for (size_t i = 0; i < waiting->count; i++) {
		struct bd_waiting_file *file = &waiting->files[i];
		if (!file->count)
			continue;
		if (bd_sealed_writer_add(writer, file->names[0], &file->meta, err) != 0)
			return -1;
		for (size_t name = 1; name < file->count; name++)
			if (bd_sealed_writer_link(writer, file->names[name], file->names[0], err) != 0)
				return -1;
	}
	return 0;
}
