/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes the headers. */
#include "kernel/newc.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRAILER "TRAILER!!!"
#define HEADER_BYTES 110
#define DIRECTORY_MODE 040777
#define FILE_MODE 0100777

/* The header, the name with a NUL, and zeros up to a multiple of 4. */
static size_t entry_bytes(size_t name_length)
{
	return (HEADER_BYTES + name_length + 1 + 3) / 4 * 4;
}

/* to has entry_bytes. */
static void put_entry(char *to, const char *name, size_t length, unsigned mode, uint32_t size_bytes)
{
	char header[HEADER_BYTES + 1];

	/* Magic, inode, mode, uid, gid, links, time, size, four numbers of devices, size of the name, checksum. */
	snprintf(header, sizeof(header), "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08zx%08x", 0, mode, 0, 0,
		 1, 0, size_bytes, 0, 0, 0, 0, length + 1, 0);
	memset(to, 0, entry_bytes(length));
	memcpy(to, header, HEADER_BYTES);
	memcpy(to + HEADER_BYTES, name, length);
}

/* The end of the directory that is next in the name, behind `from`; NULL: what is left is no directory. */
static const char *next_directory(const char *from)
{
	from += strspn(from, "/");
	from += strcspn(from, "/");
	return *from ? from : NULL;
}

/* Whether a member's name is below the directory that ends at `end` in another, however many slashes either has. */
static bool is_below(const char *member, const char *name, const char *end)
{
	while (name < end) {
		member += strspn(member, "/");
		name += strspn(name, "/");
		size_t length = strcspn(name, "/");
		if (strncmp(member, name, length) != 0 || member[length] != '/')
			return false;
		member += length;
		name += length;
	}
	return true;
}

/* The directory that ends there in the name has been put into the archive for another member. */
static bool has_directory(const struct bd_newc *newc, const char *name, const char *end)
{
	for (size_t i = 0; i < newc->count; i++)
		if (is_below(newc->names[i], name, end))
			return true;
	return false;
}

int bd_newc_add(struct bd_newc *newc, const char *name, uint64_t size_bytes, char **data_out, size_t *size_out,
		struct bd_error *err)
{
	size_t size = entry_bytes(strlen(name)), at = 0;

	if (strlen(name) > BD_NEWC_NAME_MAX)
		return bd_fail(err, E2BIG, "the name of a part of an initrd is longer than %d bytes",
			       BD_NEWC_NAME_MAX);
	if (newc->count == BD_NEWC_MEMBERS_MAX)
		return bd_fail(err, E2BIG, "an initrd has more than %d parts", BD_NEWC_MEMBERS_MAX);
	if (size_bytes > UINT32_MAX)
		return bd_fail(err, EFBIG, "a part of an initrd is larger than 4 GiB");
	for (const char *end = name; (end = next_directory(end));)
		if (!has_directory(newc, name, end))
			size += entry_bytes((size_t)(end - name));
	char *data = malloc(size);
	if (!data)
		return bd_no_memory(err);
	for (const char *end = name; (end = next_directory(end));) {
		if (has_directory(newc, name, end))
			continue;
		put_entry(data + at, name, (size_t)(end - name), DIRECTORY_MODE, 0);
		at += entry_bytes((size_t)(end - name));
	}
	put_entry(data + at, name, strlen(name), FILE_MODE, (uint32_t)size_bytes);
	newc->names[newc->count++] = name;
	*data_out = data;
	*size_out = size;
	return 0;
}

void bd_newc_end(struct bd_newc *newc, char trailer_out[BD_NEWC_TRAILER_BYTES])
{
	_Static_assert((HEADER_BYTES + sizeof(TRAILER) + 3) / 4 * 4 == BD_NEWC_TRAILER_BYTES, "it is that long");
	put_entry(trailer_out, TRAILER, strlen(TRAILER), 0, 0);
	newc->count = 0;
}
