/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Creates a directory under a hidden name and renames it into place, and the reverse. */
#include "template/store_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"

static const char *const parts[] = { BD_STORE_MANIFEST, BD_STORE_TREE, BD_STORE_PAYLOAD };

static bool is_master(const char *name)
{
	return strncmp(name, BD_STORE_MASTER, strlen(BD_STORE_MASTER)) == 0;
}

static void remove_masters(int fd)
{
	BD_CLOSEDIR DIR *folder = bd_open_entries(fd);

	for (const struct dirent *entry; folder && (entry = readdir(folder));)
		if (is_master(entry->d_name))
			unlinkat(fd, entry->d_name, 0);
}

/* Only what is ours is ever unlinked. -1: errno says why something of it stays. */
static int remove_parts(int store_fd, int fd, const char *name)
{
	int failure = 0;

	remove_masters(fd);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (unlinkat(fd, parts[i], 0) != 0 && errno != ENOENT && !failure)
			failure = errno;
	if (unlinkat(store_fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	errno = failure ? failure : errno;
	return -1;
}

/* Opens and locks the folder that was just made. 1: a sweep took it for a leftover before it was locked. */
static int lock_folder(struct bd_store_folder *folder)
{
	struct stat there;

	folder->fd = openat(folder->store_fd, folder->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder->fd < 0)
		return errno == ENOENT ? 1 : -1;
	/* Without locks (some network filesystems) there is no sweep either. */
	flock(folder->fd, LOCK_EX);
	if (fstat(folder->fd, &there) != 0)
		return -1;
	return there.st_nlink == 0;
}

int bd_store_folder_make(int store_fd, const char *name, mode_t mode, struct bd_store_folder *folder_out,
			 struct bd_error *err)
{
	struct bd_store_folder folder = { .store_fd = store_fd, .fd = -1 };
	int r;

	snprintf(folder.name, sizeof(folder.name), ".%s.partial-%ld", name, (long)getpid());
	do {
		if (mkdirat(store_fd, folder.name, 0700) != 0)
			return bd_fail_errno(err, "cannot create the directory %s", folder.name);
		r = lock_folder(&folder);
		if (r > 0 && folder.fd >= 0)
			close(folder.fd);
	} while (r > 0);
	if (r < 0 || fchmod(folder.fd, mode) != 0) {
		bd_fail_errno(err, "cannot create the directory %s", folder.name);
		unlinkat(store_fd, folder.name, AT_REMOVEDIR);
		if (folder.fd >= 0)
			close(folder.fd);
		return -1;
	}
	*folder_out = folder;
	return 0;
}

int bd_store_folder_publish(struct bd_store_folder *folder, const char *name, struct bd_error *err)
{
	if (fsync(folder->fd) != 0)
		return bd_fail_errno(err, "cannot write the template's directory to the disk");
	int r = renameat2(folder->store_fd, folder->name, folder->store_fd, name, RENAME_NOREPLACE);
	/* A filesystem without that flag (NFS): a folder with something in it is not replaced either (rename(2)). */
	if (r != 0 && (errno == EINVAL || errno == ENOSYS))
		r = renameat(folder->store_fd, folder->name, folder->store_fd, name);
	if (r != 0 && (errno == EEXIST || errno == ENOTEMPTY))
		return bd_exists(err, "the template %s already exists and was not changed", name);
	if (r != 0)
		return bd_fail_errno(err, "cannot give the template the name %s", name);
	folder->name[0] = '\0';
	if (fsync(folder->store_fd) != 0) {
		bd_fail_errno(err, "cannot write the template directory to the disk");
		strcpy(folder->name, name);
		return -1;
	}
	return 0;
}

void bd_store_folder_dispose(struct bd_store_folder *folder)
{
	if (folder->fd < 0)
		return;
	if (*folder->name)
		remove_parts(folder->store_fd, folder->fd, folder->name);
	close(folder->fd);
	*folder = (struct bd_store_folder){ .store_fd = -1, .fd = -1 };
}

/* Whoever mistypes --templates shall not lose a folder of his own. */
static int check_content(int fd, const char *store_path, const char *name, struct bd_error *err)
{
	BD_CLOSEDIR DIR *folder = bd_open_entries(fd);
	bool has_part = false;

	if (!folder)
		return bd_fail_errno(err, "cannot read the template %s/%s", store_path, name);
	for (const struct dirent *entry; (entry = readdir(folder));) {
		bool part = is_master(entry->d_name);
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
			part = part || strcmp(entry->d_name, parts[i]) == 0;
		if (!part)
			return bd_fail(err, EINVAL,
				       "%s/%s was not changed: \"%.80s\" in it is not part of a template", store_path,
				       name, entry->d_name);
		has_part = true;
	}
	return has_part ? 0 : bd_fail(err, EINVAL, "%s/%s was not changed: it is no template", store_path, name);
}

/* 1: opened, and it is a template. 0: it is not there. */
static int open_template(int store_fd, const char *store_path, const char *name, int *fd_out, struct bd_error *err)
{
	BD_CLOSE int fd = openat(store_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return bd_fail_errno(err, "cannot open the template %s/%s", store_path, name);
	if (check_content(fd, store_path, name, err) != 0)
		return -1;
	*fd_out = bd_take_fd(&fd);
	return 1;
}

int bd_store_folder_check_remove(int store_fd, const char *store_path, const char *name, struct bd_error *err)
{
	BD_CLOSE int fd = -1;
	int r = open_template(store_fd, store_path, name, &fd, err);

	if (r > 0 && faccessat(store_fd, ".", W_OK | X_OK, AT_EACCESS) != 0)
		return bd_fail_errno(err, "cannot remove the template %s/%s", store_path, name);
	return r;
}

int bd_store_folder_remove(int store_fd, const char *store_path, const char *name, struct bd_error *err)
{
	char hidden[BD_STORE_HIDDEN_SIZE];
	BD_CLOSE int fd = -1;
	int r = open_template(store_fd, store_path, name, &fd, err);

	if (r <= 0)
		return r;
	snprintf(hidden, sizeof(hidden), ".%s.removed-%ld", name, (long)getpid());
	flock(fd, LOCK_EX | LOCK_NB); /* that it is in work; not that it may be */
	/* From here on nobody finds it; who has it open reads on. */
	if (renameat(store_fd, name, store_fd, hidden) != 0)
		return errno == ENOENT ? 0 : bd_fail_errno(err, "cannot remove the template %s/%s", store_path, name);
	if (remove_parts(store_fd, fd, hidden) != 0)
		return bd_fail_errno(err, "the template %s is removed, but some of its files remain in %s/%s", name,
				     store_path, hidden);
	if (fsync(store_fd) != 0)
		return bd_fail_errno(err, "cannot write the directory %s to the disk", store_path);
	return 1;
}

static bool is_hidden(const char *name)
{
	const char *mark = strstr(name, ".partial-");

	if (!mark)
		mark = strstr(name, ".removed-");
	if (name[0] != '.' || !mark || mark == name)
		return false;
	const char *digits = strrchr(mark, '-') + 1;
	return *digits && digits[strspn(digits, "0123456789")] == '\0';
}

/* Its maker may have published it between our opening and locking it. */
static bool still_hidden(int store_fd, const char *name, int fd)
{
	struct stat opened, named;

	return fstat(fd, &opened) == 0 && fstatat(store_fd, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

void bd_store_sweep(int store_fd)
{
	BD_CLOSEDIR DIR *store = bd_open_entries(store_fd);

	for (const struct dirent *entry; store && (entry = readdir(store));) {
		if (!is_hidden(entry->d_name))
			continue;
		BD_CLOSE int fd = openat(store_fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && still_hidden(store_fd, entry->d_name, fd))
			remove_parts(store_fd, fd, entry->d_name);
	}
}
