/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The metadata of one file on the host, from statx(2), readlink(2) and listxattr(2). A file is accessed by an open
 * directory and a name in it; symlinks are never followed. */
#ifndef BD_IMPORT_DIRECTORY_HOST_FILE_H
#define BD_IMPORT_DIRECTORY_HOST_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/err.h"
#include "template/writer/writer.h"

/* All strings and values of meta are here. */
struct bd_host_meta {
	struct bd_file_meta meta;
	char *target;
	struct bd_xattr *xattrs;
	char *names; /* of the xattrs */
	uint8_t *values;
};

void bd_host_meta_dispose(struct bd_host_meta *meta); /* idempotent */

/* name "": the folder itself. */
int bd_host_stat(int folder_fd, const char *name, struct statx *out, struct bd_error *err);
bool bd_host_same_file(const struct statx *one, const struct statx *other);
/* Whether something is mounted on it: it lies in another mount than the folder that it was found in. */
bool bd_host_is_mount(const struct statx *folder, const struct statx *file);

/* A folder or a regular file, for reading, without a change of its access time where we may. Fails when it is not the
 * same file as *expected any more. */
int bd_host_open(int folder_fd, const char *name, const struct statx *expected, struct bd_error *err);

/* file_fd: the file when it is open, else -1. Zero *out; it is to be disposed of also when this fails. */
int bd_host_read_meta(int folder_fd, const char *name, int file_fd, const struct statx *stat,
		      struct bd_host_meta *out, struct bd_error *err);

#endif
