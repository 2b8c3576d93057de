/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the path of a template's file for a message. The index maps only paths to inodes, so it must be searched. */
#include "ext3/writer/populate_path.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

#define PATH_BYTES_MAX 4096

/* The directory and the name of the first entry that leads to an inode. 0: none does. */
static int find_entry(const struct bd_sealed *sealed, uint32_t index, uint32_t *dir_out, char name_out[256])
{
	BD_DISPOSE(bd_sealed_reader_dispose) struct bd_sealed_reader reader = { .sealed = sealed };
	struct bd_sealed_dir dir = { .next_at = 0 };
	struct bd_sealed_entry entry;
	struct bd_error ignored;

	for (uint32_t i = 0; i < sealed->dir_count; i++) {
		if (bd_sealed_read_dir(&reader, dir.next_at, &dir, &ignored) != 0)
			return 0;
		while (bd_sealed_next_entry(&dir, &entry))
			if (entry.inode == index) {
				memcpy(name_out, entry.name, entry.name_size);
				name_out[entry.name_size] = '\0';
				*dir_out = i;
				return 1;
			}
	}
	return 0;
}

int bd_wrap_base_path(const struct bd_sealed *sealed, uint32_t index, struct bd_error *err)
{
	char path[PATH_BYTES_MAX], name[256];
	size_t at = sizeof(path) - 1, size;

	path[at] = '\0';
	for (; index && find_entry(sealed, index, &index, name); at -= size) {
		size = strlen(name) + 1;
		if (size > at)
			break;
		path[at - size] = '/';
		memcpy(path + at - size + 1, name, size - 1);
	}
	return bd_wrap(err, "cannot write %s of the template into the guest's filesystem",
		       path[at] ? path + at : "/");
}
