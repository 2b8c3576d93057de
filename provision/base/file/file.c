/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading, writing, randomness. */
#include "base/file/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/process/cancel.h"

#define READ_BYTES 16384

int bd_pwrite_all(int fd, const void *data, size_t size_bytes, uint64_t offset_bytes, const char *what,
		  struct bd_error *err)
{
	const char *at = data;

	while (size_bytes > 0) {
		ssize_t n = TEMP_FAILURE_RETRY(pwrite(fd, at, size_bytes, (off_t)offset_bytes));

		if (n < 0)
			return bd_fail_errno(err, "cannot write %s", what);
		at += n;
		offset_bytes += (uint64_t)n;
		size_bytes -= (size_t)n;
	}
	return 0;
}

ssize_t bd_pread_full(int fd, void *data_out, size_t size_bytes, uint64_t offset_bytes)
{
	size_t done = 0;

	while (done < size_bytes) {
		ssize_t n = TEMP_FAILURE_RETRY(
			pread(fd, (char *)data_out + done, size_bytes - done, (off_t)(offset_bytes + done)));

		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int bd_pread_all(int fd, void *data_out, size_t size_bytes, uint64_t offset_bytes, const char *what,
		 struct bd_error *err)
{
	ssize_t got = bd_pread_full(fd, data_out, size_bytes, offset_bytes);

	if (got < 0)
		return bd_fail_errno(err, "cannot read %s", what);
	return (size_t)got == size_bytes ? 0 : bd_fail(err, EIO, "cannot read %s: it ends too early", what);
}

int bd_link_unnamed(int fd, int folder_fd, const char *name)
{
	char path[sizeof("/proc/self/fd/") + 3 * sizeof(int)];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, path, folder_fd, name, AT_SYMLINK_FOLLOW);
}

/* A read that waits is not ended by a signal that came just before it; a poll of the signal's pipe is. */
static int wait_for_input(int fd, struct bd_error *err)
{
	struct pollfd fds[2] = { { .fd = fd, .events = POLLIN }, { .fd = bd_cancel_fd(), .events = POLLIN } };

	while (poll(fds, 2, -1) < 0)
		if (errno != EINTR)
			return bd_fail_errno(err, "cannot wait for input");
	return fds[1].revents ? bd_cancel_check(err) : 0;
}

int bd_open_for_reading(const char *path, struct bd_error *err)
{
	BD_CLOSE int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat there;

	if (fd < 0 || fstat(fd, &there) != 0)
		return bd_fail_errno(err, "cannot open %s", path);
	/* Until it is written to. */
	if (S_ISFIFO(there.st_mode) && wait_for_input(fd, err) != 0)
		return -1;
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) != 0)
		return bd_fail_errno(err, "cannot open %s", path);
	return bd_take_fd(&fd);
}

int bd_read_file(const char *path, size_t limit_bytes, char **data_out, size_t *size_bytes_out, struct bd_error *err)
{
	BD_CLOSE int fd = bd_open_for_reading(path, err);
	if (fd < 0)
		return -1;

	BD_FREE char *data = NULL;
	size_t used = 0, room = 0;
	struct stat there;
	bool waits = fstat(fd, &there) == 0 && !S_ISREG(there.st_mode);
	for (;;) {
		if (used + 1 >= room && bd_array_reserve(data, room, used + READ_BYTES, err) != 0)
			return -1;
		/* A file is read at once, and also while what a signal has stopped is put in order. */
		if (waits && wait_for_input(fd, err) != 0)
			return -1;
		ssize_t n = read(fd, data + used, room - used - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return bd_fail_errno(err, "cannot read %s", path);
		if (n == 0)
			break;
		used += (size_t)n;
		if (used > limit_bytes)
			return bd_fail(err, EFBIG, "%s is too large: more than %zu bytes", path, limit_bytes);
	}
	data[used] = '\0';
	if (size_bytes_out)
		*size_bytes_out = used;
	*data_out = bd_take_ptr(data);
	return 0;
}

static bool is_absent(int code)
{
	return code == ENOENT || code == ENOTDIR;
}

DIR *bd_open_entries(int folder_fd)
{
	int fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && !folder) {
		int failure = errno;
		close(fd);
		errno = failure;
	}
	return folder;
}

int bd_path_is_there(const char *path, bool *there_out, struct bd_error *err)
{
	struct stat there;
	bool found = lstat(path, &there) == 0;

	if (!found && !is_absent(errno))
		return bd_fail_errno(err, "cannot access %s", path);
	*there_out = found;
	return 0;
}

/* 1: it leads to a file. 0: nowhere. */
static int resolve(const char *path, char real_out[PATH_MAX], struct bd_error *err)
{
	if (realpath(path, real_out))
		return 1;
	/* A loop and a name that is too long lead to no file either. */
	return is_absent(errno) || errno == ELOOP || errno == ENAMETOOLONG
		       ? 0
		       : bd_fail_errno(err, "cannot determine what %s is", path);
}

int bd_path_is_same(const char *one, const char *other, bool *same_out, struct bd_error *err)
{
	char real_one[PATH_MAX], real_other[PATH_MAX];
	bool same = strcmp(one, other) == 0;

	if (!same) {
		int has_one = resolve(one, real_one, err),
		    has_other = has_one > 0 ? resolve(other, real_other, err) : 0;
		if (has_one < 0 || has_other < 0)
			return -1;
		same = has_one && has_other && strcmp(real_one, real_other) == 0;
	}
	*same_out = same;
	return 0;
}

uint64_t bd_free_bytes(const struct statvfs *room)
{
	return (uint64_t)(geteuid() == 0 ? room->f_bfree : room->f_bavail) * room->f_frsize;
}

bool bd_path_leads_to(const char *path, const struct stat *file)
{
	struct stat there;

	return path && stat(path, &there) == 0 && there.st_dev == file->st_dev && there.st_ino == file->st_ino;
}

int bd_random_bytes(void *out, size_t size_bytes, struct bd_error *err)
{
	uint8_t *at = out;

	while (size_bytes > 0) {
		ssize_t n = TEMP_FAILURE_RETRY(getrandom(at, size_bytes, 0));

		if (n < 0)
			return bd_fail_errno(err, "cannot get random bytes");
		at += n;
		size_bytes -= (size_t)n;
	}
	return 0;
}

int bd_file_id_compare(const void *one_pointer, const void *other_pointer)
{
	const struct bd_file_id *one = one_pointer, *other = other_pointer;

	if (one->device != other->device)
		return one->device < other->device ? -1 : 1;
	return (one->inode > other->inode) - (one->inode < other->inode);
}
