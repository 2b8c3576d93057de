/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs e2fsck, resize2fs and e2image. They get the descriptor as a file of /proc, so that they see the very file that was
 * checked, and no "?" in its name means options to them. */
#include "ops/image/e2fsprogs.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
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
	if (err->kind != BD_KIND_FAILED || err->code != EIO)
		return -1;
	bd_fail(err, EIO, "e2fsck finds errors in the filesystem of %s, and nothing was changed; repair it first",
		name);
	return bd_set_field(err, IMAGE_REMEDY_CHECK);
}

/* --- e2fsck's answer ---------------------------------------------------------------------------------------------- */

#define OUTPUT_BYTES (256u << 10) /* of which the end is kept; it prints a line or two for each problem */

/* A question ends with what was asked, and with the answer: "Inode 12, i_blocks is 8, should be 2.  Fix? no". Where it has a line
 * of its own, the one before it says what is wrong. */
static void keep_first(struct e2fsprogs_verdict *verdict, const char *line, size_t length, const char *before,
		       size_t before_length)
{
	const char *question = length > 6 ? memmem(line, length, ".  ", 3) : NULL;
	static const char *const asked[] = { "Fix?", "Clear?", "Abort?", "Ignore error?" };

	for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++)
		if (strncmp(line, asked[i], strlen(asked[i])) == 0) {
			line = before;
			length = before_length;
			question = NULL;
		}
	if (question)
		length = (size_t)(question - line);
	while (length && (line[length - 1] == '.' || line[length - 1] == ' '))
		length--;
	snprintf(verdict->first, sizeof(verdict->first), "%.*s",
		 (int)(length < sizeof(verdict->first) ? length : sizeof(verdict->first) - 1), line);
}

static void read_output(const char *output, struct e2fsprogs_verdict *verdict)
{
	const char *before = "", *next;
	size_t before_length = 0;

	verdict->problems = 0;
	verdict->first[0] = '\0';
	for (const char *line = output; *line; line = next) {
		size_t length = strcspn(line, "\n");
		next = line[length] ? line + length + 1 : line + length;
		if (length > 4 && (memmem(line, length, "? no", 4) || memmem(line, length, "? yes", 5)) &&
		    ++verdict->problems == 1)
			keep_first(verdict, line, length, before, before_length);
		if (length) {
			before = line;
			before_length = length;
		}
	}
	if (verdict->status >= 4 && !*verdict->first)
		keep_first(verdict, before, before_length, "", 0);
	if (verdict->status & 4 && !verdict->problems)
		verdict->problems = 1;
}

/* Root without its capabilities gets at what it owns; others are who they are anyway. */
static bool can_confine(int fd)
{
	struct stat there;

	return fstat(fd, &there) == 0 && there.st_uid == geteuid() && there.st_mode & S_IRUSR;
}

static int run_e2fsck(const struct bd_run *run, struct e2fsprogs_verdict *verdict, struct bd_error *err)
{
	struct bd_run job = *run;
	char program[PATH_MAX];
	BD_FREE char *output = malloc(OUTPUT_BYTES);

	if (!output)
		return bd_no_memory(err);
	if (bd_find_program("e2fsck", program, sizeof(program), err) != 0)
		return -1;
	job.output = output;
	job.output_size = OUTPUT_BYTES;
	job.status_out = &verdict->status;
	if (bd_run(&job, err) != 0)
		return -1;
	read_output(output, verdict);
	return 0;
}

int e2fsprogs_verify(int fd, uint64_t offset_bytes, struct e2fsprogs_verdict *verdict_out, struct bd_error *err)
{
	struct e2fsprogs_verdict verdict = { 0 };
	char path[PATH_SIZE];

	/* Its language decides how the lines look. */
	const char *const argv[] = { "env", "LC_ALL=C", "e2fsck", "-f", "-n", path, NULL };
	struct bd_run run = { .argv = argv, .is_confined = can_confine(fd), .kept_fd = fd };
	if (run.is_confined)
		snprintf(path, sizeof(path), "/dev/fd/%d?offset=%" PRIu64, fd, offset_bytes);
	else
		path_at(fd, offset_bytes, path);
	if (run_e2fsck(&run, &verdict, err) != 0)
		return -1;
	*verdict_out = verdict;
	return 0;
}

int e2fsprogs_repair(int fd, uint64_t offset_bytes, uint64_t copy_block, uint32_t block_bytes,
		     struct e2fsprogs_verdict *verdict_out, struct bd_error *err)
{
	struct e2fsprogs_verdict verdict = { 0 };
	char path[PATH_SIZE], block[32], size[32];
	const char *argv[] = { "env", "LC_ALL=C", "e2fsck", "-f", "-p", path, NULL, NULL, NULL, NULL, NULL };
	const struct bd_run run = { .argv = argv };

	path_at(fd, offset_bytes, path);
	if (copy_block) {
		snprintf(block, sizeof(block), "%" PRIu64, copy_block);
		snprintf(size, sizeof(size), "%" PRIu32, block_bytes);
		argv[4] = "-y";
		argv[6] = "-b";
		argv[7] = block;
		argv[8] = "-B";
		argv[9] = size;
	}
	if (run_e2fsck(&run, &verdict, err) != 0)
		return -1;
	if (verdict.status >= 4 && !copy_block) {
		argv[4] = "-y";
		if (run_e2fsck(&run, &verdict, err) != 0)
			return -1;
	}
	*verdict_out = verdict;
	return 0;
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
