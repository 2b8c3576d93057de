/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recognises whiteouts; the writer of the sealed form decides what they remove. */
#include "import/archive/whiteout.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define PREFIX ".wh."
#define PREFIX_SIZE 4
#define OPAQUE ".wh..wh..opq"
#define AUFS_PREFIX ".wh..wh." /* of aufs' own files, which mean nothing to others */

/* The next name of a path, without "." and empty ones; false at its end. */
static bool next_name(const char **rest, const char **name_out, size_t *size_out)
{
	do {
		*name_out = *rest + strspn(*rest, "/");
		*size_out = strcspn(*name_out, "/");
		*rest = *name_out + *size_out;
	} while (*size_out == 1 && **name_out == '.');
	return *size_out > 0;
}

/* directory: with its slash, or "". */
static int apply(const char *directory, const char *name, struct bd_sealed_writer *writer, struct bd_error *err)
{
	BD_FREE char *path = NULL;

	if (!strcmp(name, OPAQUE))
		return bd_sealed_writer_whiteout(writer, *directory ? directory : ".", true, err);
	name += PREFIX_SIZE;
	if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
		return bd_fail(err, EINVAL, "it is a whiteout without a name");
	path = malloc(strlen(directory) + strlen(name) + 1);
	if (!path)
		return bd_no_memory(err);
	strcpy(stpcpy(path, directory), name);
	return bd_sealed_writer_whiteout(writer, path, false, err);
}

/* The last name, without slashes behind it; whether aufs' own files are in the path. */
static char *last_name(const char *path, const char **start_out, bool *is_aufs_out)
{
	const char *name, *start = path;
	size_t size, last = 0;

	*is_aufs_out = false;
	while (next_name(&path, &name, &size)) {
		start = name;
		last = size;
		if (!strncmp(name, AUFS_PREFIX, strlen(AUFS_PREFIX)) &&
		    (size != strlen(OPAQUE) || strncmp(name, OPAQUE, size) != 0))
			*is_aufs_out = true;
	}
	*start_out = start;
	return strndup(start, last);
}

int bd_whiteout_take(const char *path, struct bd_sealed_writer *writer, struct bd_error *err)
{
	const char *start;
	bool is_aufs;
	BD_FREE char *name = last_name(path, &start, &is_aufs);
	BD_FREE char *directory = strndup(path, (size_t)(start - path));

	if (!name || !directory)
		return bd_no_memory(err);
	if (is_aufs)
		return 1;
	if (strncmp(name, PREFIX, PREFIX_SIZE) != 0)
		return 0;
	return apply(directory, name, writer, err) == 0 ? 1 : -1;
}
