/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks at the names of a template under construction, and moves a directory's names up into the root. */
#include "template/writer/top.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "template/writer/dirs.h"
#include "template/writer/path.h"

/* BD_NO_NAME: it is not there, or what leads to it is no directory. */
static uint32_t find(struct bd_sealed_writer *writer, const char *path)
{
	struct bd_sealed_writer_place place;
	struct bd_error ignored = BD_ERROR_INIT;

	return bd_sealed_writer_find_place(writer, path, false, 0, &place, &ignored) == 0 ? place.name : BD_NO_NAME;
}

enum bd_file_type bd_sealed_writer_type(struct bd_sealed_writer *writer, const char *path)
{
	uint32_t name = find(writer, path);

	return name == BD_NO_NAME ? BD_TYPE_NONE : bd_names_type(&writer->names, name);
}

bool bd_sealed_writer_is_empty(struct bd_sealed_writer *writer, const char *path)
{
	uint32_t name = find(writer, path);

	return name != BD_NO_NAME && bd_names_type(&writer->names, name) == BD_TYPE_REGULAR &&
	       writer->empty[writer->names.names[name].inode];
}

bool bd_sealed_writer_next_at_top(const struct bd_sealed_writer *writer, struct bd_sealed_writer_entry *entry)
{
	const struct bd_names *names = &writer->names;
	uint32_t at = entry->at == BD_SEALED_WRITER_FIRST ? bd_sealed_writer_dir_of(writer, 0)->first_child
							  : names->names[entry->at].next;
	size_t size;

	while (at != BD_NO_NAME && !bd_names_type(names, at))
		at = names->names[at].next;
	if (at == BD_NO_NAME)
		return false;
	const uint8_t *text = bd_names_text(names, at, &size);
	entry->at = at;
	entry->type = bd_names_type(names, at);
	memcpy(entry->name, text, size);
	entry->name[size] = '\0';
	return true;
}

/* What is in the root but for one of its directories. */
static void remove_others(struct bd_sealed_writer *writer, uint32_t kept)
{
	for (uint32_t name = bd_sealed_writer_dir_of(writer, 0)->first_child; name != BD_NO_NAME;
	     name = writer->names.names[name].next)
		if (name != kept && bd_names_type(&writer->names, name))
			bd_sealed_writer_remove_name(writer, name);
}

int bd_sealed_writer_raise(struct bd_sealed_writer *writer, const char *name, struct bd_error *err)
{
	uint32_t number = bd_names_find(&writer->names, 0, name, strlen(name));

	if (number == BD_NO_NAME || !bd_sealed_writer_is_dir(writer, number))
		return bd_fail(err, EINVAL, "it has no directory %s", name);
	struct bd_sealed_writer_dir *root = bd_sealed_writer_dir_of(writer, 0);
	struct bd_sealed_writer_dir *dir = bd_sealed_writer_dir_of(writer, number);
	remove_others(writer, number);
	free(root->record);
	root->record = bd_take_ptr(dir->record);
	root->record_size = dir->record_size;
	root->implied = dir->implied;
	root->first_child = dir->first_child;
	root->last_child = dir->last_child;
	dir->first_child = dir->last_child = BD_NO_NAME;
	dir->record_size = 0;
	for (uint32_t child = root->first_child; child != BD_NO_NAME; child = writer->names.names[child].next)
		writer->names.names[child].parent = 0;
	bd_names_remove(&writer->names, number);
	return bd_names_index_again(&writer->names, err);
}
