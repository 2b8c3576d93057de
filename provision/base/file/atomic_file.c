/* SPDX-License-Identifier: GPL-2.0-or-later */
/* O_TMPFILE, fsync, linkat, fsync of the directory; the same with a hidden name if O_TMPFILE is not supported. */
#include "base/file/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/log.h"

static int fail_exists(const struct bd_atomic_file *draft, struct bd_error *err)
{
	return bd_exists(err, "%s already exists and was not changed", draft->path);
}

static int open_folder(struct bd_atomic_file *draft, struct bd_error *err)
{
	BD_FREE char *folder = strdup(draft->path);
	if (!folder)
		return bd_no_memory(err);

	char *slash = strrchr(folder, '/');
	draft->name = slash ? draft->path + (slash - folder) + 1 : draft->path;
	if (slash)
		*(slash == folder ? slash + 1 : slash) = '\0';
	draft->dir_fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (draft->dir_fd < 0)
		return bd_fail_lookup(err, "cannot open the directory %s", slash ? folder : ".");
	return 0;
}

static int choose_temporary_name(struct bd_atomic_file *draft)
{
	if (asprintf(&draft->temporary_name, ".%s.partial-%ld", draft->name, (long)getpid()) >= 0)
		return 0;
	draft->temporary_name = NULL;
	errno = ENOMEM;
	return -1;
}

static int open_named(struct bd_atomic_file *draft, mode_t mode, struct bd_error *err)
{
	if (choose_temporary_name(draft) != 0)
		return bd_no_memory(err);
	draft->fd = openat(draft->dir_fd, draft->temporary_name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (draft->fd < 0) {
		bd_fail_lookup(err, "cannot create %s", draft->path);
		free(bd_take_ptr(draft->temporary_name));
		return -1;
	}
	/* Says that it is in work: see bd_atomic_file_is_in_work. Where there are no locks, nobody can ask. */
	flock(draft->fd, LOCK_EX);
	return 0;
}

int bd_atomic_file_is_in_work(int folder_fd, const char *name)
{
	BD_CLOSE int fd = openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_SH | LOCK_NB) == 0)
		return 0;
	return errno == EWOULDBLOCK ? 1 : -1;
}

/* Without a name where the filesystem can do that. */
static int open_file(struct bd_atomic_file *draft, mode_t mode, struct bd_error *err)
{
	draft->fd = openat(draft->dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
	if (draft->fd < 0) {
		if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL && errno != ENOENT)
			return bd_fail_errno(err, "cannot create %s", draft->path);
		if (open_named(draft, mode, err) != 0)
			return -1;
	}

	/* Through /proc another process (GRUB Legacy's shell) can open it as well. */
	if (asprintf(&draft->work_path, "/proc/%ld/fd/%d", (long)getpid(), draft->fd) < 0) {
		draft->work_path = NULL;
		return bd_no_memory(err);
	}
	return 0;
}

static int open_draft(struct bd_atomic_file *draft, mode_t mode, struct bd_error *err)
{
	struct stat there;

	if (open_folder(draft, err) != 0)
		return -1;
	if (fstatat(draft->dir_fd, draft->name, &there, AT_SYMLINK_NOFOLLOW) == 0)
		return fail_exists(draft, err);
	return open_file(draft, mode, err);
}

int bd_atomic_file_open(const char *path, mode_t mode, struct bd_atomic_file *draft_out, struct bd_error *err)
{
	struct bd_atomic_file draft = BD_ATOMIC_FILE_INIT;

	draft.path = strdup(path);
	if (!draft.path)
		return bd_no_memory(err);
	if (open_draft(&draft, mode, err) != 0) {
		bd_atomic_file_dispose(&draft);
		return -1;
	}
	*draft_out = draft;
	return 0;
}

/* Not all of them can be set by everybody: what a security module keeps for itself is left to it. */
static void copy_attributes(int from_fd, int to_fd)
{
	char names[4096], value[4096];
	ssize_t size = flistxattr(from_fd, names, sizeof(names));

	for (char *name = names; size > 0 && name < names + size; name += strlen(name) + 1) {
		ssize_t got = fgetxattr(from_fd, name, value, sizeof(value));
		if (got >= 0 && fsetxattr(to_fd, name, value, (size_t)got, 0) != 0)
			bd_debug("the attribute %s is not kept: %s", name, strerror(errno));
	}
}

/* Opening a device, or a FIFO, may do something already. */
static int check_replaceable(const struct bd_atomic_file *draft, const struct stat *there, struct bd_error *err)
{
	if (S_ISLNK(there->st_mode))
		return bd_fail(err, ELOOP, "%s is a symbolic link", draft->path);
	return S_ISREG(there->st_mode) ? 0 : bd_fail(err, EINVAL, "%s is not a regular file", draft->path);
}

static int open_replacement(struct bd_atomic_file *draft, struct bd_error *err)
{
	BD_CLOSE int fd = -1;
	struct stat was;

	if (fstatat(draft->dir_fd, draft->name, &was, AT_SYMLINK_NOFOLLOW) != 0)
		return bd_fail_lookup(err, "cannot open %s", draft->path);
	if (check_replaceable(draft, &was, err) != 0)
		return -1;
	fd = openat(draft->dir_fd, draft->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &was) != 0)
		return bd_fail_lookup(err, "cannot open %s", draft->path);
	if (check_replaceable(draft, &was, err) != 0 || open_file(draft, 0600, err) != 0)
		return -1;
	/* Another than root can only be the owner already. */
	if (fchown(draft->fd, was.st_uid, was.st_gid) != 0 && errno != EPERM)
		return bd_fail_errno(err, "cannot give %s its owner", draft->path);
	if (fchmod(draft->fd, was.st_mode & 07777) != 0)
		return bd_fail_errno(err, "cannot give %s its mode", draft->path);
	copy_attributes(fd, draft->fd);
	return 0;
}

/* mode: of a new file, where there is none; 0: there has to be one. That is asked once: another process may make it meanwhile. */
static int open_over(const char *path, mode_t mode, struct bd_atomic_file *draft_out, struct bd_error *err)
{
	BD_DISPOSE(bd_atomic_file_dispose) struct bd_atomic_file draft = BD_ATOMIC_FILE_INIT;
	struct stat there;

	draft.replaces = true;
	draft.path = strdup(path);
	if (!draft.path)
		return bd_no_memory(err);
	if (open_folder(&draft, err) != 0)
		return -1;
	bool is_new = mode && fstatat(draft.dir_fd, draft.name, &there, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT;
	if ((is_new ? open_file(&draft, mode, err) : open_replacement(&draft, err)) != 0)
		return -1;
	*draft_out = draft;
	draft = (struct bd_atomic_file)BD_ATOMIC_FILE_INIT;
	return 0;
}

int bd_atomic_file_open_replacement(const char *path, struct bd_atomic_file *draft_out, struct bd_error *err)
{
	return open_over(path, 0, draft_out, err);
}

int bd_atomic_file_open_output(const char *path, mode_t mode, struct bd_atomic_file *draft_out, struct bd_error *err)
{
	return open_over(path, mode, draft_out, err);
}

int bd_atomic_file_sync(struct bd_atomic_file *draft, struct bd_error *err)
{
	if (fsync(draft->fd) != 0)
		return bd_fail_errno(err, "cannot flush %s", draft->path);
	return 0;
}

/* What has no name yet cannot take that of another file in one step: it gets a temporary one for a moment. */
static int replace(struct bd_atomic_file *draft)
{
	if (!draft->temporary_name) {
		if (choose_temporary_name(draft) != 0)
			return -1;
		flock(draft->fd, LOCK_EX);
		if (bd_link_unnamed(draft->fd, draft->dir_fd, draft->temporary_name) != 0) {
			free(bd_take_ptr(draft->temporary_name));
			return -1;
		}
	}
	return renameat(draft->dir_fd, draft->temporary_name, draft->dir_fd, draft->name);
}

/* linkat() and RENAME_NOREPLACE both refuse to replace, in one step. */
static int give_name(struct bd_atomic_file *draft)
{
	if (draft->replaces)
		return replace(draft);
	if (!draft->temporary_name)
		return bd_link_unnamed(draft->fd, draft->dir_fd, draft->name);

	int r = renameat2(draft->dir_fd, draft->temporary_name, draft->dir_fd, draft->name, RENAME_NOREPLACE);
	if (r != 0 && (errno == EINVAL || errno == ENOSYS)) {
		/* No such flag on this filesystem (NFS): a hard link refuses as well. */
		r = linkat(draft->dir_fd, draft->temporary_name, draft->dir_fd, draft->name, 0);
		if (r == 0)
			unlinkat(draft->dir_fd, draft->temporary_name, 0);
	}
	return r;
}

int bd_atomic_file_publish(struct bd_atomic_file *draft, struct bd_error *err)
{
	if (give_name(draft) != 0) {
		if (errno == EEXIST)
			return fail_exists(draft, err);
		return bd_fail_errno(err, "cannot %s %s", draft->replaces ? "replace" : "create", draft->path);
	}
	if (draft->temporary_name)
		flock(draft->fd, LOCK_UN);
	draft->published = true;
	bd_debug("%s is written", draft->path);
	free(bd_take_ptr(draft->temporary_name));
	return 0;
}

int bd_atomic_file_sync_folder(struct bd_atomic_file *draft, struct bd_error *err)
{
	if (fsync(draft->dir_fd) != 0)
		return bd_fail_errno(err, "cannot flush the directory of %s", draft->path);
	return 0;
}

bool bd_atomic_file_same_folder(const struct bd_atomic_file *one, const struct bd_atomic_file *other)
{
	struct stat a, b;

	return fstat(one->dir_fd, &a) == 0 && fstat(other->dir_fd, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

void bd_atomic_file_retract(struct bd_atomic_file *draft)
{
	struct stat ours, there;

	if (!draft->published || fstat(draft->fd, &ours) != 0 ||
	    fstatat(draft->dir_fd, draft->name, &there, AT_SYMLINK_NOFOLLOW) != 0)
		return;
	if (ours.st_dev == there.st_dev && ours.st_ino == there.st_ino &&
	    unlinkat(draft->dir_fd, draft->name, 0) == 0)
		fsync(draft->dir_fd); /* as its publishing was; it is undone as well as can be */
	draft->published = false;
}

void bd_atomic_file_dispose(struct bd_atomic_file *draft)
{
	if (draft->temporary_name)
		unlinkat(draft->dir_fd, draft->temporary_name, 0);
	if (draft->fd >= 0)
		close(draft->fd);
	if (draft->dir_fd >= 0)
		close(draft->dir_fd);
	free(draft->temporary_name);
	free(draft->work_path);
	free(draft->path);
	*draft = (struct bd_atomic_file)BD_ATOMIC_FILE_INIT;
}
