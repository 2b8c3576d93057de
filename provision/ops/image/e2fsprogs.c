/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs e2fsck, resize2fs and e2image. They get the descriptor as a file of /proc, so that they see the very file that was
 * checked, and no "?" in its name means options to them. */
#include "ops/image/e2fsprogs.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/process/run.h"

#define PATH_SIZE 64

static void path_of(int fd, char path_out[PATH_SIZE])
{
	snprintf(path_out, PATH_SIZE, "/proc/%ld/fd/%d", (long)getpid(), fd);
}

/* As the Unix I/O manager of libext2fs takes it. */
static void path_at(int fd, uint64_t offset_bytes, char path_out[PATH_SIZE])
{
	snprintf(path_out, PATH_SIZE, "/proc/%ld/fd/%d?offset=%" PRIu64, (long)getpid(), fd, offset_bytes);
}

int e2fsprogs_check(int fd, uint64_t offset_bytes, const char *name, struct bd_error *err)
{
	char path[PATH_SIZE];

	path_at(fd, offset_bytes, path);
	const char *const argv[] = { "e2fsck", "-f", "-n", path, NULL };
	if (bd_run(&(struct bd_run){ .argv = argv }, err) == 0)
		return 0;
	return err->kind == BD_KIND_FAILED && err->code == EIO
		       ? bd_fail(err, EIO,
				 "e2fsck finds errors in its filesystem, and nothing was changed; repair it first: e2fsck -f "
				 "'%s?offset=%" PRIu64 "'",
				 name, offset_bytes)
		       : -1;
}

int e2fsprogs_minimum(int fd, uint64_t offset_bytes, uint64_t *blocks_out, struct bd_error *err)
{
	char path[PATH_SIZE], output[1024];

	path_at(fd, offset_bytes, path);
	const char *const argv[] = { "resize2fs", "-P", path, NULL };
	if (bd_run(&(struct bd_run){ .argv = argv, .output = output, .output_size = sizeof(output) }, err) != 0)
		return -1;
	/* In whatever language, the number is the last thing. */
	size_t end = strlen(output);
	while (end && !isdigit((unsigned char)output[end - 1]))
		end--;
	size_t begin = end;
	while (begin && isdigit((unsigned char)output[begin - 1]))
		begin--;
	if (begin == end || end - begin > 18)
		return bd_fail(err, EIO, "resize2fs did not say how small the filesystem can get");
	output[end] = '\0';
	*blocks_out = strtoull(output + begin, NULL, 10);
	return 0;
}

int e2fsprogs_resize(int fd, uint64_t blocks, struct bd_error *err)
{
	char path[PATH_SIZE], size[32];

	path_of(fd, path);
	snprintf(size, sizeof(size), "%" PRIu64, blocks);
	const char *const argv[] = { "resize2fs", "-f", path, size, NULL };
	return bd_run(&(struct bd_run){ .argv = argv }, err);
}

int e2fsprogs_copy(int fd, uint64_t offset_bytes, bool with_data, int to_fd, struct bd_error *err)
{
	char from[PATH_SIZE], to[PATH_SIZE], offset[32];

	path_of(fd, from);
	path_of(to_fd, to);
	snprintf(offset, sizeof(offset), "%" PRIu64, offset_bytes);
	const char *const argv[] = { "e2image", with_data ? "-ra" : "-r", "-o", offset, from, to, NULL };
	return bd_run(&(struct bd_run){ .argv = argv }, err);
}
