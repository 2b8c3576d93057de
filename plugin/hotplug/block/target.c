/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Resolves what a disk's params lead to. */
#include "hotplug/block/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

static int open_target(const char *path, char path_out[PATH_MAX])
{
	if ((size_t)snprintf(path_out, PATH_MAX, "%s", path) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(path_out, O_PATH | O_CLOEXEC);
}

static int open_any(const char *params, char path_out[PATH_MAX])
{
	char in_dev[PATH_MAX];

	if (params[0] != '/' && (size_t)snprintf(in_dev, sizeof(in_dev), "/dev/%s", params) < sizeof(in_dev)) {
		int fd = open_target(in_dev, path_out);
		if (fd >= 0 || errno != ENOENT)
			return fd;
	}
	return open_target(params, path_out);
}

/* Xen's script leaves a device's path as it is unless it is a link itself. */
static int resolve(struct bd_block_target *target, struct bd_error *err)
{
	char real[PATH_MAX];
	struct stat link;

	if (target->kind == BD_BLOCK_IS_DEVICE && (lstat(target->path, &link) != 0 || !S_ISLNK(link.st_mode)))
		return 0;
	if (!realpath(target->path, real))
		return bd_fail_errno(err, "cannot resolve %s", target->path);
	memcpy(target->path, real, strlen(real) + 1);
	return 0;
}

int bd_block_target_find(const char *params, struct bd_block_target *target_out, struct bd_error *err)
{
	struct bd_block_target target = { .kind = BD_BLOCK_IS_MISSING, .fd = -1 };
	struct stat there;

	BD_CLOSE int fd = open_any(params, target.path);
	if (fd < 0 && errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG)
		return bd_fail_errno(err, "cannot open %s", params);
	if (fd >= 0) {
		if (fstat(fd, &there) != 0)
			return bd_fail_errno(err, "cannot look at %s", params);
		target.kind = S_ISBLK(there.st_mode)   ? BD_BLOCK_IS_DEVICE
			      : S_ISREG(there.st_mode) ? BD_BLOCK_IS_FILE
						       : BD_BLOCK_IS_OTHER;
		target.device = S_ISBLK(there.st_mode) ? there.st_rdev : there.st_dev;
		target.inode = S_ISBLK(there.st_mode) ? 0 : there.st_ino;
		target.has_write_permission = there.st_mode & 0222;
		if (resolve(&target, err) != 0)
			return -1;
		if (target.kind == BD_BLOCK_IS_FILE)
			target.fd = bd_take_fd(&fd);
	}
	*target_out = target;
	return 0;
}

void bd_block_target_dispose(struct bd_block_target *target)
{
	if (target->fd >= 0)
		close(target->fd);
	target->fd = -1;
}
