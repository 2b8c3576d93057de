/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mount_setattr(2), which changes a whole tree at once and which the C library of Debian 12 is the first to have. */
#include "sandbox/mounts.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define READ_ONLY 1 /* MOUNT_ATTR_RDONLY */
#define NO_SET_USER_ID 2 /* MOUNT_ATTR_NOSUID */
#define NO_DEVICES 4 /* MOUNT_ATTR_NODEV */
#define WHOLE_TREE 0x8000 /* AT_RECURSIVE */

static const char *const devices[] = { "/dev/null", "/dev/zero", "/dev/random", "/dev/urandom" };
#define DEVICE_COUNT (sizeof(devices) / sizeof(*devices))

static bool set_attributes(const char *path, unsigned flags, uint64_t set, uint64_t clear)
{
#ifdef __NR_mount_setattr
	const struct {
		uint64_t set, clear, propagation, user_namespace_fd;
	} attributes = { set, clear, 0, 0 };

	return syscall(__NR_mount_setattr, AT_FDCWD, path, flags, &attributes, sizeof(attributes)) == 0;
#else
	(void)path;
	(void)flags;
	(void)set;
	(void)clear;
	return false;
#endif
}

static bool bind_device(const char *path, int fd)
{
	char from[64];
	int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (file < 0)
		return false;
	close(file);
	snprintf(from, sizeof(from), "/proc/self/fd/%d", fd);
	return mount(from, path, NULL, MS_BIND, NULL) == 0;
}

/* False: /dev is what it was, or lacks something. */
static bool replace_devices(void)
{
	int fds[DEVICE_COUNT];
	bool is_done = true;

	for (size_t i = 0; i < DEVICE_COUNT; i++)
		fds[i] = open(devices[i], O_PATH | O_CLOEXEC);
	is_done = mount("none", "/dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "size=64k,mode=0755") == 0;
	for (size_t i = 0; i < DEVICE_COUNT; i++) {
		is_done = is_done && fds[i] >= 0 && bind_device(devices[i], fds[i]);
		if (fds[i] >= 0)
			close(fds[i]);
	}
	return is_done;
}

/* --- a root directory of its own ---------------------------------------------------------------------------------- */

#define NEW_ROOT "/tmp" /* is on every host; what is in it is hidden for a moment */

/* Links are what they are in today's systems, folders what they are in others'. */
static const char *const programs[] = { "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix", "/gnu" };

static bool bind_folder(const char *path)
{
	char target[PATH_MAX], to[64];
	ssize_t size = readlink(path, target, sizeof(target) - 1);

	snprintf(to, sizeof(to), NEW_ROOT "%s", path);
	if (size >= 0) {
		target[size] = '\0';
		return symlink(target, to) == 0;
	}
	if (access(path, F_OK) != 0)
		return true;
	return mkdir(to, 0755) == 0 && mount(path, to, NULL, MS_BIND | MS_REC, NULL) == 0;
}

/* What a descriptor from before the mount namespace is in it; a mount needs one of its own. -1: it has no name here. */
static int find_again(int fd)
{
	char link[64], path[PATH_MAX];
	struct stat before, now;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t size = readlink(link, path, sizeof(path) - 1);
	if (size <= 0 || fstat(fd, &before) != 0)
		return -1;
	path[size] = '\0';
	int again = open(path, O_PATH | O_CLOEXEC);
	if (again < 0 || (fstat(again, &now) == 0 && now.st_dev == before.st_dev && now.st_ino == before.st_ino))
		return again;
	close(again);
	return -1;
}

static bool bind_open(const int fds[DEVICE_COUNT], int file_fd)
{
	char to[64];
	bool is_done = mkdir(NEW_ROOT "/dev", 0755) == 0 && bind_device(NEW_ROOT BD_MOUNTS_FILE, file_fd);

	for (size_t i = 0; i < DEVICE_COUNT; i++) {
		snprintf(to, sizeof(to), NEW_ROOT "%s", devices[i]);
		is_done = is_done && fds[i] >= 0 && bind_device(to, fds[i]);
	}
	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++)
		is_done = is_done && bind_folder(programs[i]);
	return is_done;
}

/* Devices are of use where they are bound by their name only. */
static bool seal_root(void)
{
	char to[64];
	bool is_done = set_attributes(NEW_ROOT, WHOLE_TREE, READ_ONLY | NO_SET_USER_ID | NO_DEVICES, 0) &&
		       set_attributes(NEW_ROOT BD_MOUNTS_FILE, 0, 0, NO_DEVICES);

	for (size_t i = 0; i < DEVICE_COUNT; i++) {
		snprintf(to, sizeof(to), NEW_ROOT "%s", devices[i]);
		is_done = is_done && set_attributes(to, 0, 0, NO_DEVICES);
	}
	return is_done;
}

/* pivot_root(2), "pivot_root(".", ".")". */
static bool change_root(void)
{
	return chdir(NEW_ROOT) == 0 && syscall(__NR_pivot_root, ".", ".") == 0 && umount2(".", MNT_DETACH) == 0 &&
	       chdir("/") == 0;
}

bool bd_mounts_make_root(int fd)
{
	int fds[DEVICE_COUNT], file_fd;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return false;
	for (size_t i = 0; i < DEVICE_COUNT; i++)
		fds[i] = open(devices[i], O_PATH | O_CLOEXEC);
	file_fd = find_again(fd);
	bool is_done = file_fd >= 0 &&
		       mount("none", NEW_ROOT, "tmpfs", MS_NOSUID | MS_NOEXEC, "size=64k,mode=0755") == 0 &&
		       bind_open(fds, file_fd) && seal_root() && change_root();
	for (size_t i = 0; i < DEVICE_COUNT; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	if (file_fd >= 0)
		close(file_fd);
	return is_done;
}

/* --- all mounts as they are ---------------------------------------------------------------------------------------- */

void bd_mounts_seal(void)
{
	/* Nothing of it may reach the host. */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return;
	bool has_devices = replace_devices();
	set_attributes("/", WHOLE_TREE, READ_ONLY | NO_SET_USER_ID | (has_devices ? NO_DEVICES : 0), 0);
	for (size_t i = 0; has_devices && i < DEVICE_COUNT; i++)
		set_attributes(devices[i], 0, 0, NO_DEVICES);
}
