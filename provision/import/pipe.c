/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Peeking into a pipe removes its beginning, so a separate process writes that to a new pipe, followed by the rest.

 */
#include "import/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/file/temporary_file.h"
#include "base/process/cancel.h"
#include "import/magic.h"
#include "import/oci/peek.h"

#define HEAD_BYTES (2u << 20) /* the names of the first files are in it, whatever the compression is */
#define CHUNK_BYTES (256u << 10)

void bd_source_pipe_dispose(struct bd_source_pipe *pipe)
{
	bd_cleanup_close(&pipe->fd);
	if (pipe->feeder > 0) {
		kill(pipe->feeder, SIGKILL);
		TEMP_FAILURE_RETRY(waitpid(pipe->feeder, NULL, 0));
	}
	*pipe = (struct bd_source_pipe){ .fd = -1 };
}

/* Copies up to limit bytes from where fd stands to a temporary file; less than that: it has come to its end. */
static int spool(int fd, int temporary_fd, uint64_t at, uint64_t limit, uint64_t *size_out, struct bd_error *err)
{
	BD_FREE uint8_t *chunk = malloc(CHUNK_BYTES);
	uint64_t size = 0;

	if (!chunk)
		return bd_no_memory(err);
	while (size < limit) {
		ssize_t r = bd_cancel_check(err) != 0
				    ? -2
				    : read(fd, chunk, limit - size < CHUNK_BYTES ? limit - size : CHUNK_BYTES);
		if (r == -2)
			return -1;
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return bd_fail_errno(err, "cannot read it");
		if (r == 0)
			break;
		if (bd_write_temporary(temporary_fd, chunk, (size_t)r, at + size, err) != 0)
			return -1;
		size += (uint64_t)r;
	}
	*size_out = size;
	return 0;
}

/* These three become 0 to 2, and all others are closed: the parent's locks are none of the feeder's. */
static void keep_only(int from_fd, int head_fd, int to_fd)
{
	int fds[] = { from_fd, head_fd, to_fd };

	for (int i = 0; i < 3; i++)
		if ((fds[i] = fcntl(fds[i], F_DUPFD, 3)) < 0)
			_exit(errno);
	for (int i = 0; i < 3; i++)
		if (dup2(fds[i], i) < 0)
			_exit(errno);
	close_range(3, ~0u, 0);
}

/* Never returns. The exit status is errno's value, or 0. */
__attribute__((noreturn)) static void feed(int from_fd, int head_fd, int to_fd, pid_t parent)
{
	static uint8_t chunk[CHUNK_BYTES];
	static const int from[] = { 1, 0 };

	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	keep_only(from_fd, head_fd, to_fd);
	for (size_t i = 0; i < 2; i++) {
		ssize_t r;
		while ((r = read(from[i], chunk, sizeof(chunk))) != 0) {
			if (r < 0 && errno != EINTR)
				_exit(errno);
			for (ssize_t done = 0; done < r;) {
				ssize_t w = write(2, chunk + done, (size_t)(r - done));
				if (w < 0 && errno != EINTR)
					_exit(0); /* nobody wants the rest */
				done += w > 0 ? w : 0;
			}
		}
	}
	_exit(0);
}

static int start_feeder(int fd, int head_fd, struct bd_source_pipe *pipe_out, struct bd_error *err)
{
	int ends[2];

	if (lseek(head_fd, 0, SEEK_SET) != 0 || pipe2(ends, O_CLOEXEC) != 0)
		return bd_fail_errno(err, "cannot set up a pipe");
	pid_t parent = getpid(), pid = fork();
	if (pid == 0)
		feed(fd, head_fd, ends[1], parent);
	int code = errno;
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		errno = code;
		return bd_fail_errno(err, "cannot start a process");
	}
	*pipe_out = (struct bd_source_pipe){ .fd = ends[0], .feeder = pid };
	return 0;
}

/* Formats with their table of contents at the end have to be sought in. What is refused by its beginning, whatever else it may look
 * like, needs no more than that. */
static int judge_head(int fd, bool *anywhere_out, enum bd_peek *found, struct bd_error *err)
{
	uint8_t head[BD_MAGIC_HEAD_BYTES];
	ssize_t got = bd_pread_full(fd, head, sizeof(head), 0);

	if (got < 0)
		return bd_fail_errno(err, "cannot read a temporary file");
	*anywhere_out = bd_magic_reads_anywhere(head, (size_t)got) != NULL;
	if (bd_magic_is_disc(head, (size_t)got) || bd_magic_mistake(head, (size_t)got))
		*found = BD_PEEK_ARCHIVE;
	return 0;
}

int bd_source_pipe_open(int fd, struct bd_source_pipe *pipe_out, struct bd_error *err)
{
	BD_CLOSE int head_fd = -1;
	uint64_t size, rest = 0;

	*pipe_out = (struct bd_source_pipe){ .fd = -1 };
	if (bd_open_temporary(&head_fd, err) != 0 || spool(fd, head_fd, 0, HEAD_BYTES, &size, err) != 0)
		return -1;
	if (lseek(head_fd, 0, SEEK_SET) != 0)
		return bd_fail_errno(err, "cannot read a temporary file");
	enum bd_peek found = bd_oci_peek(head_fd);
	bool anywhere;
	if (judge_head(head_fd, &anywhere, &found, err) != 0)
		return -1;
	if ((found == BD_PEEK_ARCHIVE || found == BD_PEEK_DISK) && size == HEAD_BYTES && !anywhere) {
		if (start_feeder(fd, head_fd, pipe_out, err) != 0)
			return -1;
		pipe_out->has_disk = found == BD_PEEK_DISK;
		return 0;
	}
	if (size == HEAD_BYTES && spool(fd, head_fd, size, UINT64_MAX, &rest, err) != 0)
		return -1;
	if (found == BD_PEEK_UNDECIDED && rest)
		found = bd_oci_peek(head_fd);
	*pipe_out = (struct bd_source_pipe){ .fd = bd_take_fd(&head_fd),
					     .is_image = found == BD_PEEK_IMAGE,
					     .has_disk = found == BD_PEEK_DISK };
	return 0;
}

int bd_source_pipe_check(struct bd_source_pipe *pipe, const char *what, struct bd_error *err)
{
	int status = 0;

	if (pipe->feeder <= 0 || waitpid(pipe->feeder, &status, WNOHANG) != pipe->feeder)
		return 0;
	pipe->feeder = 0;
	if (!WIFEXITED(status) || !WEXITSTATUS(status))
		return 0;
	errno = WEXITSTATUS(status);
	return bd_fail_errno(err, "cannot import %s: cannot read it", what);
}
