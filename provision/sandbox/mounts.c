/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mount_setattr(2), which changes a whole tree at once and which the C library of Debian 12 is the first to have. */
#include "sandbox/mounts.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mount.h>
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
