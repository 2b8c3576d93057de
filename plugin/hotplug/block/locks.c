/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lock on a disk, and Xen's. */
#include "hotplug/block/locks.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "base/cleanup.h"
#include "base/file/byte_lock.h"

/* That a system call returns is all that is wanted of it. */
static void wake(int signal_number)
{
	(void)signal_number;
}

struct timer {
	struct sigaction action;
	struct itimerval interval;
};

/* After the time, and then again and again: the first may come just before the call that it is to end. */
static void start_timer(struct timer *before, unsigned wait_ms)
{
	struct sigaction action = { .sa_handler = wake };
	struct itimerval interval = {
		.it_value = { (time_t)(wait_ms / 1000), (suseconds_t)(wait_ms % 1000) * 1000 },
		.it_interval = { 0, 200000 },
	};

	sigemptyset(&action.sa_mask);
	sigaction(SIGALRM, &action, &before->action);
	setitimer(ITIMER_REAL, &interval, &before->interval);
}

static void stop_timer(const struct timer *before)
{
	setitimer(ITIMER_REAL, &before->interval, NULL);
	sigaction(SIGALRM, &before->action, NULL);
}

static int open_lock(const char *folder, mode_t mode, const char *name, char *path_out, size_t size,
		     struct bd_error *err)
{
	if ((size_t)snprintf(path_out, size, "%s/%s", folder, name) >= size)
		return bd_fail(err, ENAMETOOLONG, "the path of a lock is too long: %s...", path_out);
	if (mkdir(folder, mode) != 0 && errno != EEXIST)
		return bd_fail_errno(err, "cannot create the lock directory %s", folder);
	int fd = open(path_out, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	return fd >= 0 ? fd : bd_fail_errno(err, "cannot open the lock %s", path_out);
}

static int fail_to_lock(const char *path, unsigned wait_ms, struct bd_error *err)
{
	if (errno == EINTR)
		return bd_fail(err, EBUSY, "another hotplug script holds the lock %s, for %u s or more", path,
			       wait_ms / 1000);
	return bd_fail_errno(err, "cannot lock %s", path);
}

/* Whether the path still leads to the open file: whoever had the lock may have removed it. */
static bool is_in_place(int fd, const char *path)
{
	struct stat open_file, there;

	return fstat(fd, &open_file) == 0 && stat(path, &there) == 0 && open_file.st_dev == there.st_dev &&
	       open_file.st_ino == there.st_ino;
}

static int lock_xens(struct bd_block_locks *locks, const char *folder, unsigned wait_ms, struct bd_error *err)
{
	for (;;) {
		BD_CLOSE int fd = open_lock(folder, 0755, "block", locks->xens_path, sizeof(locks->xens_path), err);
		if (fd < 0)
			return -1;
		if (flock(fd, LOCK_SH) != 0)
			return fail_to_lock(locks->xens_path, wait_ms, err);
		if (is_in_place(fd, locks->xens_path)) {
			locks->xens = bd_take_fd(&fd);
			return 0;
		}
	}
}

static int lock_ours(struct bd_block_locks *locks, const char *folder, const void *key, size_t key_size,
		     unsigned wait_ms, struct bd_error *err)
{
	char path[sizeof(locks->xens_path)];

	BD_CLOSE int fd = open_lock(folder, 0700, "hotplug", path, sizeof(path), err);
	if (fd < 0)
		return -1;
	if (bd_byte_lock_wait(fd, bd_byte_lock_offset(key, key_size)) != 0)
		return fail_to_lock(path, wait_ms, err);
	locks->ours = bd_take_fd(&fd);
	return 0;
}

int bd_block_lock(const char *our_folder, const char *xens_folder, const void *key, size_t key_size, unsigned wait_ms,
		  struct bd_block_locks *locks_out, struct bd_error *err)
{
	struct bd_block_locks locks = BD_BLOCK_LOCKS_INIT;
	struct timer before;

	start_timer(&before, wait_ms);
	/* Ours first: whoever waits for the same disk does not keep Xen's script from its lock meanwhile. */
	int result = lock_ours(&locks, our_folder, key, key_size, wait_ms, err);
	if (result == 0)
		result = lock_xens(&locks, xens_folder, wait_ms, err);
	stop_timer(&before);
	if (result != 0) {
		bd_block_unlock(&locks);
		return -1;
	}
	*locks_out = locks;
	return 0;
}

void bd_block_unlock(struct bd_block_locks *locks)
{
	if (locks->xens >= 0) {
		/* Nobody else has it, and nobody but who has it alone may remove the file. */
		if (flock(locks->xens, LOCK_EX | LOCK_NB) == 0 && is_in_place(locks->xens, locks->xens_path))
			unlink(locks->xens_path);
		close(locks->xens);
	}
	if (locks->ours >= 0)
		close(locks->ours);
	*locks = (struct bd_block_locks)BD_BLOCK_LOCKS_INIT;
}
