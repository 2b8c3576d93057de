/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Remembers the targets of symlinks while layers are read: their records are in a file, and the next layer may
 * write below them. */
#include "template/writer/symlinks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "rootfs/file_type.h"

static int make_room(struct bd_sealed_writer *writer, size_t size, struct bd_error *err)
{
	if (bd_array_grow(writer->symlinks, writer->symlink_count, err) != 0)
		return -1;
	if (writer->targets_size + size > UINT32_MAX)
		return bd_fail(err, EFBIG, "too many symbolic links");
	return bd_array_reserve(writer->targets, writer->targets_capacity, writer->targets_size + size, err);
}

int bd_sealed_writer_remember_symlink(struct bd_sealed_writer *writer, uint32_t record, const char *target,
				      struct bd_error *err)
{
	size_t size = strlen(target) + 1;

	if (make_room(writer, size, err) != 0)
		return -1;
	writer->symlinks[writer->symlink_count++] =
		(struct bd_sealed_writer_symlink){ record, (uint32_t)writer->targets_size };
	memcpy(writer->targets + writer->targets_size, target, size);
	writer->targets_size += size;
	return 0;
}

static int by_record(const void *left, const void *right)
{
	const struct bd_sealed_writer_symlink *a = left, *b = right;
	return (a->record > b->record) - (a->record < b->record);
}

const char *bd_sealed_writer_symlink_target(const struct bd_sealed_writer *writer, uint32_t name)
{
	const struct bd_sealed_writer_symlink key = { .record = writer->names.names[name].inode };
	const struct bd_sealed_writer_symlink *found = NULL;

	if (bd_names_type(&writer->names, name) == BD_TYPE_SYMLINK && writer->symlink_count)
		found = bsearch(&key, writer->symlinks, writer->symlink_count, sizeof(key), by_record);
	return found ? writer->targets + found->target : NULL;
}
