/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A child waits until the other end of its pipe is closed, which the kernel does even for a process that is killed, and removes the
 * directory then. */
#include "base/file/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/temporary_file.h"

#define TRIES 50 /* a program that is being killed may still write */

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *position)
{
	(void)st;
	(void)position;
	if (type == FTW_DNR && chmod(path, 0700) == 0)
		return 0;
	remove(path);
	return 0;
}

static _Noreturn void wait_and_remove(const char *path, int life_fd)
{
	const struct timespec pause = { .tv_nsec = 20000000 };
	char byte;

	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	/* Its own end of the pipe as 0, and nothing else: the parent's locks are none of its own. */
	if (dup2(life_fd, STDIN_FILENO) < 0)
		_exit(1);
	close_range(1, ~0u, 0);
	while (read(STDIN_FILENO, &byte, 1) < 0 && errno == EINTR)
		;
	for (int i = 0; i < TRIES && access(path, F_OK) == 0; i++) {
		if (i)
			nanosleep(&pause, NULL);
		nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	}
	_exit(0);
}

static int start_remover(struct bd_scratch *scratch, struct bd_error *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return bd_fail_errno(err, "cannot set up a pipe");
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		/* Not of the group that a terminal, or whoever stops this program, signals as a whole. */
		setsid();
		close(ends[1]);
		wait_and_remove(scratch->path, ends[0]);
	}
	close(ends[0]);
	if (pid < 0) {
		bd_fail_errno(err, "cannot start a process");
		close(ends[1]);
		return -1;
	}
	scratch->remover = pid;
	scratch->life_fd = ends[1];
	return 0;
}

int bd_scratch_make(struct bd_scratch *scratch_out, struct bd_error *err)
{
	struct bd_scratch scratch = BD_SCRATCH_INIT;
	const char *folder = bd_temporary_folder();

	if ((size_t)snprintf(scratch.path, sizeof(scratch.path), "%s/xen-bigdisk-XXXXXX", folder) >=
	    sizeof(scratch.path))
		return bd_fail(err, ENAMETOOLONG, "the path of the directory for temporary files is too long");
	if (!mkdtemp(scratch.path))
		return bd_fail_errno(err, "cannot make a directory in %s", folder);
	scratch.fd = open(scratch.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (scratch.fd < 0) {
		bd_fail_errno(err, "cannot open %s", scratch.path);
		rmdir(scratch.path);
		return -1;
	}
	if (start_remover(&scratch, err) != 0) {
		rmdir(scratch.path);
		close(scratch.fd);
		return -1;
	}
	*scratch_out = scratch;
	return 0;
}

static _Thread_local uint64_t counted_bytes; /* nftw(3) has no context */

static int count_entry(const char *path, const struct stat *st, int type, struct FTW *position)
{
	(void)path;
	(void)position;
	counted_bytes += type == FTW_F && S_ISREG(st->st_mode) ? (uint64_t)st->st_size : 0;
	return 0;
}

uint64_t bd_scratch_bytes(const struct bd_scratch *scratch)
{
	counted_bytes = 0;
	nftw(scratch->path, count_entry, 16, FTW_PHYS | FTW_MOUNT);
	return counted_bytes;
}

void bd_scratch_dispose(struct bd_scratch *scratch)
{
	bd_cleanup_close(&scratch->fd);
	bd_cleanup_close(&scratch->life_fd);
	if (scratch->remover > 0)
		TEMP_FAILURE_RETRY(waitpid(scratch->remover, NULL, 0));
	*scratch = (struct bd_scratch)BD_SCRATCH_INIT;
}
