/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads metadata and content of one file, with or without privileges. */
#include "import/directory/host_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "rootfs/posix_acl.h"

static int fail_errno(struct bd_error *err)
{
	if (errno == EACCES || errno == EPERM)
		return bd_fail(err, errno, "no permission to read it; run as root");
	return bd_fail_errno(err, "cannot read it");
}

int bd_host_stat(int folder_fd, const char *name, struct statx *out, struct bd_error *err)
{
	unsigned mask = STATX_BASIC_STATS | STATX_MNT_ID;

	if (statx(folder_fd, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH, mask, out) != 0)
		return fail_errno(err);
	return 0;
}

bool bd_host_same_file(const struct statx *one, const struct statx *other)
{
	return one->stx_ino == other->stx_ino && one->stx_dev_major == other->stx_dev_major &&
	       one->stx_dev_minor == other->stx_dev_minor;
}

bool bd_host_is_mount(const struct statx *folder, const struct statx *file)
{
	if (folder->stx_mask & file->stx_mask & STATX_MNT_ID)
		return folder->stx_mnt_id != file->stx_mnt_id;
	/* Linux before 5.8. Files of overlayfs have other devices than their folders. */
	return S_ISDIR(file->stx_mode) &&
	       (folder->stx_dev_major != file->stx_dev_major || folder->stx_dev_minor != file->stx_dev_minor);
}

int bd_host_open(int folder_fd, const char *name, const struct statx *expected, struct bd_error *err)
{
	int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | (S_ISDIR(expected->stx_mode) ? O_DIRECTORY : 0);
	BD_CLOSE int fd = openat(folder_fd, name, flags | O_NOATIME);
	struct statx now;

	if (fd < 0 && errno == EPERM) /* O_NOATIME is for the owner */
		fd = openat(folder_fd, name, flags);
	if (fd < 0)
		return fail_errno(err);
	if (bd_host_stat(fd, "", &now, err) != 0)
		return -1;
	if (!bd_host_same_file(&now, expected) || now.stx_mode != expected->stx_mode)
		return bd_in_use(err, "it was replaced while the directory was read");
	return bd_take_fd(&fd);
}

/* Symlinks of /proc have a size of 0 whatever their targets are. */
static int read_target(int folder_fd, const char *name, uint64_t size, char **target_out, struct bd_error *err)
{
	for (size_t room = (size < 4096 ? (size_t)size : 4096) + 64;; room *= 2) {
		BD_FREE char *target = malloc(room);
		if (!target)
			return bd_no_memory(err);
		ssize_t r = readlinkat(folder_fd, name, target, room);
		if (r < 0)
			return fail_errno(err);
		if ((size_t)r == room)
			continue;
		target[r] = '\0';
		*target_out = bd_take_ptr(target);
		return 0;
	}
}

/* What belongs to the host's filesystem and not to the file (btrfs.compression, system.nfs4_acl) stays there. */
static bool is_portable(const char *name)
{
	return !strncmp(name, "user.", 5) || !strncmp(name, "security.", 9) || !strncmp(name, "trusted.", 8) ||
	       bd_xattr_is_acl(name);
}

static ssize_t list_xattrs(int file_fd, const char *path, char *names, size_t size)
{
	return file_fd >= 0 ? flistxattr(file_fd, names, size) : llistxattr(path, names, size);
}

static ssize_t get_xattr(int file_fd, const char *path, const char *name, void *value, size_t size)
{
	return file_fd >= 0 ? fgetxattr(file_fd, name, value, size) : lgetxattr(path, name, value, size);
}

/* Appends the value to out->values; where in there: *at_out. 1: read. 0: it is gone. */
static int read_value(int file_fd, const char *path, const char *name, struct bd_host_meta *out, size_t *used,
		      size_t *at_out, struct bd_error *err)
{
	for (;;) {
		ssize_t size = get_xattr(file_fd, path, name, NULL, 0);
		if (size < 0 && errno == ENODATA)
			return 0;
		if (size < 0)
			return fail_errno(err);
		uint8_t *grown = realloc(out->values, *used + (size_t)size + 1);
		if (!grown)
			return bd_no_memory(err);
		out->values = grown;
		ssize_t r = get_xattr(file_fd, path, name, grown + *used, (size_t)size);
		if (r < 0 && (errno == ERANGE || errno == ENODATA))
			continue;
		if (r < 0)
			return fail_errno(err);
		*at_out = *used;
		*used += (size_t)r;
		return 1;
	}
}

/* The values move while they are collected, so offsets stand in for their places until they are complete. */
static int read_values(int file_fd, const char *path, const char *names_end, struct bd_host_meta *out,
		       struct bd_error *err)
{
	size_t used = 0, count = 0, room = 0;

	for (const char *name = out->names; name < names_end; name += strlen(name) + 1)
		room += is_portable(name);
	out->xattrs = calloc(room + 1, sizeof(*out->xattrs));
	if (!out->xattrs)
		return bd_no_memory(err);
	for (const char *name = out->names; name < names_end; name += strlen(name) + 1) {
		size_t at = 0;
		int r = is_portable(name) ? read_value(file_fd, path, name, out, &used, &at, err) : 0;
		if (r < 0)
			return bd_wrap(err, "its attribute %s", name);
		if (r > 0)
			out->xattrs[count++] = (struct bd_xattr){ name, (void *)at, used - at };
	}
	for (size_t i = 0; i < count; i++)
		out->xattrs[i].value = out->values + (size_t)out->xattrs[i].value;
	out->meta.xattrs = out->xattrs;
	out->meta.xattr_count = count;
	return 0;
}

static int read_xattrs(int folder_fd, const char *name, int file_fd, struct bd_host_meta *out, struct bd_error *err)
{
	char path[64 + NAME_MAX];
	ssize_t size;

	/* There is no system call for the attributes of a symlink or a device by an open folder before Linux 6.13. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", folder_fd, name);
	for (;;) {
		size = list_xattrs(file_fd, path, NULL, 0);
		if (size == 0 || (size < 0 && errno == ENOTSUP))
			return 0;
		if (size < 0)
			return fail_errno(err);
		free(out->names);
		out->names = malloc((size_t)size);
		if (!out->names)
			return bd_no_memory(err);
		ssize_t r = list_xattrs(file_fd, path, out->names, (size_t)size);
		if (r < 0 && errno == ERANGE)
			continue;
		if (r < 0)
			return fail_errno(err);
		return read_values(file_fd, path, out->names + r, out, err);
	}
}

int bd_host_read_meta(int folder_fd, const char *name, int file_fd, const struct statx *stat,
		      struct bd_host_meta *out, struct bd_error *err)
{
	out->meta = (struct bd_file_meta){
		.mode = stat->stx_mode,
		.uid = stat->stx_uid,
		.gid = stat->stx_gid,
		.size_bytes = S_ISREG(stat->stx_mode) ? stat->stx_size : 0,
		.mtime_s = stat->stx_mtime.tv_sec,
		.mtime_ns = stat->stx_mtime.tv_nsec,
		.atime_s = stat->stx_atime.tv_sec,
		.atime_ns = stat->stx_atime.tv_nsec,
		.rdev_major = stat->stx_rdev_major,
		.rdev_minor = stat->stx_rdev_minor,
	};
	if (S_ISLNK(stat->stx_mode) && read_target(folder_fd, name, stat->stx_size, &out->target, err) != 0)
		return -1;
	out->meta.target = out->target;
	return read_xattrs(folder_fd, name, file_fd, out, err);
}

void bd_host_meta_dispose(struct bd_host_meta *meta)
{
	free(meta->target);
	free(meta->xattrs);
	free(meta->names);
	free(meta->values);
	*meta = (struct bd_host_meta){ 0 };
}
