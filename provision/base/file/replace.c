/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes a new file under a hidden name and renames it over the old one. */
#include "base/file/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"

static int sync_folder(const char *path, struct bd_error *err)
{
	char folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "%.*s/", (int)(strrchr(path, '/') - path), path);
	BD_CLOSE int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		return bd_fail_errno(err, "cannot flush the directory %s", folder);
	return 0;
}

static int write_as(int fd, const char *text, const struct stat *was, const char *path, struct bd_error *err)
{
	/* Another than root can only be the owner already. */
	if (fchown(fd, was->st_uid, was->st_gid) != 0 && errno != EPERM)
		return bd_fail_errno(err, "cannot give %s its owner", path);
	if (fchmod(fd, was->st_mode & 07777) != 0)
		return bd_fail_errno(err, "cannot give %s its mode", path);
	if (bd_pwrite_all(fd, text, strlen(text), 0, path, err) != 0)
		return -1;
	return fsync(fd) == 0 ? 0 : bd_fail_errno(err, "cannot flush %s", path);
}

int bd_replace_text(const char *path, const char *text, struct bd_error *err)
{
	char real[PATH_MAX], hidden[PATH_MAX];
	struct stat was;

	if (!realpath(path, real) || stat(real, &was) != 0)
		return bd_fail_errno(err, "cannot find %s", path);
	const char *name = strrchr(real, '/') + 1;
	int n = snprintf(hidden, sizeof(hidden), "%.*s.%s.XXXXXX", (int)(name - real), real, name);
	if (n < 0 || (size_t)n >= sizeof(hidden))
		return bd_fail(err, ENAMETOOLONG, "the path %s is too long", real);
	BD_CLOSE int fd = mkostemp(hidden, O_CLOEXEC);
	if (fd < 0)
		return bd_fail_errno(err, "cannot write next to %s", path);
	int r = write_as(fd, text, &was, path, err);
	if (r == 0 && rename(hidden, real) != 0)
		r = bd_fail_errno(err, "cannot replace %s", path);
	if (r != 0) {
		unlink(hidden);
		return -1;
	}
	return sync_folder(real, err);
}
