/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads byte by byte, as an archive follows in the same pipe. */
#include "import/disk/guestfish_mounts.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_SIZE 4096 /* names of devices and subvolumes may be long */

static int read_byte(int fd, char *byte_out, struct bd_error *err)
{
	ssize_t got = TEMP_FAILURE_RETRY(read(fd, byte_out, 1));

	if (got < 0)
		return bd_fail_errno(err, "cannot read its output");
	return got == 1 ? 0 : bd_fail(err, ENODATA, "its output ends early");
}

static int read_line(int fd, char line_out[LINE_SIZE], struct bd_error *err)
{
	for (size_t used = 0; used < LINE_SIZE; used++) {
		if (read_byte(fd, &line_out[used], err) != 0)
			return -1;
		if (line_out[used] == '\n') {
			line_out[used] = '\0';
			return 0;
		}
	}
	return bd_fail(err, EIO, "a line of its output is too long");
}

static int add(struct bd_inside_mount *items, size_t *count, size_t max, const char *path, struct bd_error *err)
{
	if (*count == max)
		return bd_fail(err, EIO, "it has mounted more than %d filesystems", BD_MOUNTS_MAX);
	if (strlen(path) >= BD_MOUNT_PATH_SIZE)
		return bd_fail(err, EIO, "it has mounted a filesystem at a path that is too long");
	strcpy(items[(*count)++].path, path);
	return 0;
}

/* The name of a device has no ": /" in it. */
static int take_line(const char *line, struct bd_inside_mounts *mounts, struct bd_error *err)
{
	const char *path = strstr(line, ": /");

	if (!path)
		return bd_fail(err, EIO, "its list of mount points has something else in it");
	path += 2;
	if (strcmp(path, "/") == 0)
		return 0;
	return bd_mount_is_place_of_efi(path)
		       ? add(mounts->left_out, &mounts->left_out_count, BD_MOUNTS_MAX, path, err)
		       : add(mounts->items, &mounts->count, BD_MOUNTS_MAX + 1, path, err);
}

static int compare(const void *left, const void *right)
{
	return strcmp(((const struct bd_inside_mount *)left)->path, ((const struct bd_inside_mount *)right)->path);
}

int bd_guestfish_mounts_read(int fd, struct bd_inside_mounts *mounts_out, struct bd_error *err)
{
	char line[LINE_SIZE];

	*mounts_out = (struct bd_inside_mounts){ .items = { { .path = "/" } }, .count = 1 };
	while (true) {
		if (read_line(fd, line, err) != 0)
			return -1;
		if (strcmp(line, BD_GUESTFISH_MOUNTS_END) == 0)
			break;
		if (take_line(line, mounts_out, err) != 0)
			return -1;
	}
	qsort(mounts_out->items + 1, mounts_out->count - 1, sizeof(*mounts_out->items), compare);
	return 0;
}
