/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks the kernel for a lease or for a device alone, and looks at loop devices. */
#include "disk/use/in_use.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/file/lock.h"
#include "disk/use/device_look.h"
#include "disk/use/holder.h"

/* How often to ask again, 20 ms later: while a loop device is about to be detached, and where nobody is seen who has the file
 * open for writing, as who had it is gone meanwhile, or cannot be seen by this user. */
#define LOOP_END_TRIES 100
#define UNSEEN_TRIES 3

static int fail_in_use(const struct bd_holder *holder, struct bd_error *err)
{
	if (holder->loop[0])
		return bd_in_use(
			err,
			"the loop device %s has it open for writing; if nothing mounts that and no domain uses it "
			"(xl list), as after a hotplug script that took too long, detach it: losetup -d %s",
			holder->loop, holder->loop);
	if (holder->pid)
		return bd_in_use(err, "another program has it open for writing: process %ld (%s)", (long)holder->pid,
				 holder->program);
	return bd_in_use(err, "another program has it open for writing");
}

static int tries_for(const struct bd_holder *holder)
{
	if (holder->loop[0])
		return holder->is_ending ? LOOP_END_TRIES : 0;
	return holder->pid ? 0 : UNSEEN_TRIES;
}

/* A read lease is not given while there is a writer. It is given back at once; who opens the file in between
 * waits that long, and the SIGIO that tells us is ignored (bd_cancel_init). Where we are given none at all, as another user than the
 * owner or on a filesystem without leases, a writer can only be looked for. */
static int check_file(int fd, struct bd_error *err)
{
	const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };

	for (int tries = 0; fcntl(fd, F_SETLEASE, F_RDLCK) != 0; tries++) {
		struct bd_holder holder = { 0 };
		bool has_writer = errno == EAGAIN;
		if (!bd_find_holder(fd, &holder) && !has_writer)
			return 0;
		if (tries >= tries_for(&holder))
			return fail_in_use(&holder, err);
		nanosleep(&pause, NULL);
	}
	fcntl(fd, F_SETLEASE, F_UNLCK);
	return 0;
}

static int check_device(int fd, dev_t number, struct bd_error *err)
{
	char path[sizeof("/proc/self/fd/") + 3 * sizeof(int)], use[BD_DEVICE_TEXT_SIZE];
	unsigned domid;

	if (bd_device_find_xen_domain(BD_XEN_BACKENDS, number, &domid))
		return bd_in_use(err, "it is a disk of the running domain %u", domid);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	BD_CLOSE int alone = open(path, O_RDONLY | O_EXCL | O_CLOEXEC | O_NONBLOCK);
	if (alone >= 0 || errno != EBUSY)
		return 0;
	bd_device_describe_use(number, use);
	return bd_in_use(err, "it %s", use);
}

int bd_disk_check_unused(int fd, struct bd_error *err)
{
	struct stat there;

	if (fstat(fd, &there) != 0)
		return bd_fail_errno(err, "cannot access it");
	return S_ISBLK(there.st_mode) ? check_device(fd, there.st_rdev, err) : check_file(fd, err);
}

static int check_loop(const struct bd_loop *loop, struct bd_error *err)
{
	char use[BD_DEVICE_TEXT_SIZE];
	struct stat there;
	unsigned domid;

	if (stat(loop->path, &there) != 0)
		return 0;
	if (bd_device_find_xen_domain(BD_XEN_BACKENDS, there.st_rdev, &domid))
		return bd_in_use(err, "its loop device %s is a disk of the running domain %u", loop->path, domid);
	if (!bd_loop_is_taken(loop))
		return 0;
	bd_device_describe_use(there.st_rdev, use);
	return bd_in_use(err, "its loop device %s %s", loop->path, use);
}

int bd_disk_check_free(int fd, struct bd_error *err)
{
	BD_DISPOSE(bd_loops_dispose) struct bd_loops loops = { 0 };
	struct stat file;

	if (bd_disk_check_unused(fd, err) != 0)
		return -1;
	if (fstat(fd, &file) != 0)
		return bd_fail_errno(err, "cannot access it");
	bd_loops_read(&loops);
	for (const struct bd_loop *loop = NULL; (loop = bd_loops_next(&loops, file.st_dev, file.st_ino, loop));)
		if (check_loop(loop, err) != 0)
			return -1;
	return 0;
}

int bd_disk_open_to_write(const char *path, int fd, int *fd_out, struct bd_error *err)
{
	struct stat was, is;

	if (fstat(fd, &was) != 0)
		return bd_fail_errno(err, "cannot access %s", path);
	/* Before we have it open for writing ourselves. */
	if (bd_disk_check_free(fd, err) != 0)
		return bd_wrap(err, "%s", path);
	BD_CLOSE int write_fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | (S_ISBLK(was.st_mode) ? O_EXCL : 0));
	if (write_fd < 0 && errno == EBUSY)
		return bd_in_use(err, "another program has taken %s", path);
	if (write_fd < 0 || fstat(write_fd, &is) != 0)
		return bd_fail_errno(err, "cannot open %s for writing", path);
	if (is.st_dev != was.st_dev || is.st_ino != was.st_ino)
		return bd_in_use(err, "%s has just been replaced by another file", path);
	/* And those who have found it free at the same moment. */
	if (bd_lock_file(write_fd, path, err) != 0)
		return -1;
	*fd_out = bd_take_fd(&write_fd);
	return 0;
}
