/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Locks one byte of a common file for each path, or one of a file itself. */
#include "base/file/lock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/file/byte_lock.h"
#include "base/file/cache.h"
#include "base/file/lock_wait.h"
#include "base/file/trust.h"
#include "base/log.h"

#define SYSTEM_FOLDER "/run/xen-bigdisk"
/* Its byte is far behind those that QEMU locks in an image, from 100 and from 200 on (block/file-posix.c). */
#define FILE_KEY "xen-bigdisk"

/* Two spellings of one folder are one lock. */
static int resolve(const char *path, char resolved_out[PATH_MAX], struct bd_error *err)
{
	char folder[PATH_MAX], real[PATH_MAX];
	const char *slash = strrchr(path, '/');

	snprintf(folder, sizeof(folder), "%.*s/", slash ? (int)(slash - path) : 1, slash ? path : ".");
	if (!realpath(folder, real))
		return bd_fail_errno(err, "cannot find the directory %s", folder);
	int n = snprintf(resolved_out, PATH_MAX, "%s/%s", real, slash ? slash + 1 : path);
	return n < PATH_MAX ? 0 : bd_fail(err, ENAMETOOLONG, "the path %s is too long", path);
}

static int choose_folder(char *path_out, size_t size, struct bd_error *err)
{
	const char *chosen = secure_getenv("XEN_BIGDISK_LOCKS");

	if (chosen && *chosen) {
		if (chosen[0] != '/')
			return bd_usage(err, "XEN_BIGDISK_LOCKS must be an absolute path, not '%s'", chosen);
		if ((size_t)snprintf(path_out, size, "%s", chosen) >= size)
			return bd_fail(err, ENAMETOOLONG, "the path in XEN_BIGDISK_LOCKS is too long");
	} else if (geteuid() == 0) {
		snprintf(path_out, size, "%s", SYSTEM_FOLDER);
	} else {
		return bd_cache_subdir("locks", path_out, size, err);
	}
	if (mkdir(path_out, 0700) != 0 && errno != EEXIST)
		return bd_fail_errno(err, "cannot create the lock directory %s", path_out);
	return 0;
}

/* Another user's directory, even root's, would be under that user's control. */
static int check_ours(const char *path, const struct stat *there, bool is_type, struct bd_error *err)
{
	if (!is_type)
		return bd_fail(err, EPERM, "%s is not a lock directory; remove it", path);
	if (there->st_uid != geteuid())
		return bd_fail(err, EPERM, "%s belongs to another user (uid %u), who could take or remove locks",
			       path, (unsigned)there->st_uid);
	return bd_trust_check(path, there, "place for locks", err);
}

static int open_file(char path_out[PATH_MAX], int *fd_out, struct bd_error *err)
{
	char folder[PATH_MAX - sizeof("/locks")];
	struct stat there;

	if (choose_folder(folder, sizeof(folder), err) != 0)
		return -1;
	BD_CLOSE int folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (folder_fd < 0 || fstat(folder_fd, &there) != 0)
		return bd_fail_errno(err, "cannot open the lock directory %s", folder);
	if (check_ours(folder, &there, S_ISDIR(there.st_mode), err) != 0)
		return -1;
	snprintf(path_out, PATH_MAX, "%s/locks", folder);
	BD_CLOSE int fd = openat(folder_fd, "locks", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd < 0 || fstat(fd, &there) != 0)
		return bd_fail_errno(err, "cannot open the locks in %s", path_out);
	/* Who may read it may lock it, too. */
	if (check_ours(path_out, &there, S_ISREG(there.st_mode) && !(there.st_mode & 077), err) != 0)
		return -1;
	*fd_out = bd_take_fd(&fd);
	return 0;
}

/* A process that holds a lock on that byte, as "12:34:56789 " and its bounds stand in proc_pid_fdinfo(5); 0: none
 * is seen. */
static long find_holder(const struct stat *file, off_t offset)
{
	BD_CLOSEDIR DIR *processes = opendir("/proc");
	char wanted[128];

	snprintf(wanted, sizeof(wanted), " %02x:%02x:%ju %jd %jd", major(file->st_dev), minor(file->st_dev),
		 (uintmax_t)file->st_ino, (intmax_t)offset, (intmax_t)offset);
	for (const struct dirent *process; processes && (process = readdir(processes));) {
		char path[64 + NAME_MAX];
		long pid = strtol(process->d_name, NULL, 10);
		snprintf(path, sizeof(path), "/proc/%ld/fdinfo", pid);
		BD_CLOSEDIR DIR *descriptors = pid > 0 ? opendir(path) : NULL;
		for (const struct dirent *entry; descriptors && (entry = readdir(descriptors));) {
			char line[256];
			snprintf(path, sizeof(path), "/proc/%ld/fdinfo/%s", pid, entry->d_name);
			BD_FCLOSE FILE *info = entry->d_name[0] == '.' ? NULL : fopen(path, "re");
			while (info && fgets(line, sizeof(line), info))
				if (strncmp(line, "lock:", 5) == 0 && strstr(line, wanted))
					return pid;
		}
	}
	return 0;
}

static int fail_held(const char *path, const struct stat *file, off_t offset, struct bd_error *err)
{
	long pid = find_holder(file, offset);

	if (pid)
		return bd_in_use(err, "another xen-bigdisk (process %ld) is at work on %s right now", pid, path);
	return bd_in_use(err, "another xen-bigdisk is at work on %s right now", path);
}

static int take_byte(int fd, const void *offset)
{
	return bd_byte_lock_wait(fd, *(const off_t *)offset);
}

static int lock(const char *path, bool waits, int *lock_fd_out, struct bd_error *err)
{
	char resolved[PATH_MAX], file_path[PATH_MAX];
	struct stat file, there;

	if (resolve(path, resolved, err) != 0)
		return -1;
	off_t offset = bd_byte_lock_offset(resolved, strlen(resolved));
	/* Where somebody removes the file by hand, those who come later have the one that is there. */
	for (;;) {
		BD_CLOSE int fd = -1;
		if (open_file(file_path, &fd, err) != 0)
			return -1;
		if (fstat(fd, &file) != 0)
			return bd_fail_errno(err, "cannot access %s", file_path);
		int r = bd_byte_lock(fd, offset);
		if (r < 0)
			return bd_fail_errno(err, "cannot lock %s in %s", path, file_path);
		if (r > 0 && !waits)
			return fail_held(path, &file, offset, err);
		if (r > 0 && bd_lock_wait_for(fd, take_byte, &offset, 0, err) != 0)
			return -1;
		if (stat(file_path, &there) != 0) {
			if (errno == ENOENT)
				continue;
			return bd_fail_errno(err, "cannot access %s", file_path);
		}
		if (there.st_ino == file.st_ino && there.st_dev == file.st_dev) {
			bd_debug("%s is locked, in %s", path, file_path);
			*lock_fd_out = bd_take_fd(&fd);
			return 0;
		}
	}
}

int bd_lock(const char *path, int *lock_fd_out, struct bd_error *err)
{
	return lock(path, false, lock_fd_out, err);
}

int bd_lock_wait(const char *path, int *lock_fd_out, struct bd_error *err)
{
	return lock(path, true, lock_fd_out, err);
}

/* On NFS, flock(2) is a lock of this kind, on all bytes, and not one of ours: as of a script that runs us under flock(1). */
static bool is_all_locked(int fd, off_t offset)
{
	struct flock other = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = offset, .l_len = 1 };

	return fcntl(fd, F_OFD_GETLK, &other) == 0 && other.l_type != F_UNLCK && other.l_len == 0;
}

static bool has_no_locks(int code)
{
	return code == ENOLCK || code == EOPNOTSUPP || code == ENOSYS;
}

int bd_lock_file(int fd, const char *path, struct bd_error *err)
{
	off_t offset = bd_byte_lock_offset(FILE_KEY, strlen(FILE_KEY));
	struct stat file;
	int r = bd_byte_lock(fd, offset);

	if (r == 0)
		return 0;
	if (r < 0 && !has_no_locks(errno))
		return bd_fail_errno(err, "cannot lock %s", path);
	if (r < 0 || is_all_locked(fd, offset)) {
		bd_debug("%s is not locked itself", path);
		return 0;
	}
	if (fstat(fd, &file) != 0)
		return bd_fail_errno(err, "cannot access %s", path);
	return fail_held(path, &file, offset, err);
}

size_t bd_lock_count(void)
{
	struct bd_error none;
	char path[PATH_MAX], line[256], wanted[128];
	struct stat file;
	size_t count = 0;
	BD_CLOSE int fd = -1;

	if (open_file(path, &fd, &none) != 0 || fstat(fd, &file) != 0)
		return 0;
	snprintf(wanted, sizeof(wanted), " %02x:%02x:%ju ", major(file.st_dev), minor(file.st_dev),
		 (uintmax_t)file.st_ino);
	/* Of one byte each: proc_locks(5). */
	BD_FCLOSE FILE *locks = fopen("/proc/locks", "re");
	while (locks && fgets(line, sizeof(line), locks))
		count += strstr(line, "OFDLCK") && !strstr(line, "->") && strstr(line, wanted);
	return count;
}
