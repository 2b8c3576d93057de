/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs e2fsck, resize2fs and e2image, confined (sandbox/program.h). They get the descriptor as a file of /proc, so that they see the
 * very file that was checked, and no "?" in its name means options to them. */
#include "ops/image/e2fsprogs.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/file/file.h"
#include "ext3/format.h"
#include "sandbox/program.h"

/* Of a device, which the limit is not about, it does not matter. */
static struct bd_program program_on(int fd, bool writes)
{
	struct stat there;
	bool is_known = fstat(fd, &there) == 0;

	return (struct bd_program){ .read_fd = fd,
				    .write_fd = writes ? fd : -1,
				    .file_bytes = is_known ? (uint64_t)there.st_size : 0 };
}

/* --- the journal -------------------------------------------------------------------------------------------------- */

#define EXTERNAL_JOURNAL "the journal is on another device (external journal)"

/* Whether the superblock there names another device as its journal. e2fsck, which begins with it, would look for that among the
 * host's devices, by UUID and by number, and open it, also where the feature has_journal is off. */
static bool has_external_journal(int fd, uint64_t superblock_at_bytes)
{
	uint8_t superblock[BD_EXT_JOURNAL_DEVICE_OFFSET + 4];

	return bd_pread_full(fd, superblock, sizeof(superblock), superblock_at_bytes) == sizeof(superblock) &&
	       get_le16(superblock + BD_EXT_MAGIC_OFFSET) == BD_EXT_MAGIC &&
	       (get_le32(superblock + BD_EXT_JOURNAL_DEVICE_OFFSET) ||
		!bd_all_zero(superblock + BD_EXT_JOURNAL_UUID_OFFSET, 16));
}

static int refuse_external_journal(int fd, uint64_t offset_bytes, struct bd_error *err)
{
	return has_external_journal(fd, offset_bytes + BD_EXT_SUPERBLOCK_START_BYTES)
		       ? bd_fail(err, ENOTSUP,
				 "the filesystem has a feature that is not supported: " EXTERNAL_JOURNAL)
		       : 0;
}

/* As e2fsck says that it cannot do its work. */
static struct e2fsprogs_verdict not_checked(void)
{
	return (struct e2fsprogs_verdict){ .status = 8, .is_refused = true, .first = EXTERNAL_JOURNAL };
}

int e2fsprogs_check(int fd, uint64_t offset_bytes, const char *name, struct bd_error *err)
{
	char path[BD_PROGRAM_PATH_SIZE];
	const struct bd_program program = program_on(fd, false);

	if (refuse_external_journal(fd, offset_bytes, err) != 0)
		return bd_wrap(err, "%s", name);
	bd_program_path_at(fd, offset_bytes, path);
	const char *const argv[] = { "e2fsck", "-f", "-n", path, NULL };
	const struct bd_run run = bd_program_run(argv, &program);
	if (bd_run(&run, err) == 0)
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

static int run_e2fsck(const char *const *argv, const struct bd_program *program, struct e2fsprogs_verdict *verdict,
		      struct bd_error *err)
{
	struct bd_run run = bd_program_run(argv, program);
	BD_FREE char *output = malloc(OUTPUT_BYTES);

	if (!output)
		return bd_no_memory(err);
	run.output = output;
	run.output_size = OUTPUT_BYTES;
	run.status_out = &verdict->status;
	if (bd_run(&run, err) != 0)
		return -1;
	read_output(output, verdict);
	return 0;
}

int e2fsprogs_verify(int fd, uint64_t offset_bytes, struct e2fsprogs_verdict *verdict_out, struct bd_error *err)
{
	struct e2fsprogs_verdict verdict = { 0 };
	char path[BD_PROGRAM_PATH_SIZE];
	const struct bd_program program = program_on(fd, false);

	if (has_external_journal(fd, offset_bytes + BD_EXT_SUPERBLOCK_START_BYTES)) {
		*verdict_out = not_checked();
		return 0;
	}
	bd_program_path_at(fd, offset_bytes, path);
	const char *const argv[] = { "e2fsck", "-f", "-n", path, NULL };
	if (run_e2fsck(argv, &program, &verdict, err) != 0)
		return -1;
	*verdict_out = verdict;
	return 0;
}

int e2fsprogs_repair(int fd, uint64_t offset_bytes, uint64_t copy_block, uint32_t block_bytes,
		     struct e2fsprogs_verdict *verdict_out, struct bd_error *err)
{
	struct e2fsprogs_verdict verdict = { 0 };
	char path[BD_PROGRAM_PATH_SIZE], block[32], size[32];
	const char *argv[] = { "e2fsck", "-f", "-p", path, NULL, NULL, NULL, NULL, NULL };
	const struct bd_program program = program_on(fd, true);

	if (has_external_journal(
		    fd, offset_bytes + (copy_block ? copy_block * block_bytes : BD_EXT_SUPERBLOCK_START_BYTES))) {
		*verdict_out = not_checked();
		return 0;
	}
	bd_program_path_at(fd, offset_bytes, path);
	if (copy_block) {
		snprintf(block, sizeof(block), "%" PRIu64, copy_block);
		snprintf(size, sizeof(size), "%" PRIu32, block_bytes);
		argv[2] = "-y";
		argv[4] = "-b";
		argv[5] = block;
		argv[6] = "-B";
		argv[7] = size;
	}
	if (run_e2fsck(argv, &program, &verdict, err) != 0)
		return -1;
	if (verdict.status >= 4 && !copy_block) {
		argv[2] = "-y";
		if (run_e2fsck(argv, &program, &verdict, err) != 0)
			return -1;
	}
	*verdict_out = verdict;
	return 0;
}

/* --- the others --------------------------------------------------------------------------------------------------- */

int e2fsprogs_minimum(int fd, uint64_t offset_bytes, uint64_t *blocks_out, struct bd_error *err)
{
	char path[BD_PROGRAM_PATH_SIZE], output[1024];
	const struct bd_program program = program_on(fd, false);

	if (refuse_external_journal(fd, offset_bytes, err) != 0)
		return -1;
	bd_program_path_at(fd, offset_bytes, path);
	const char *const argv[] = { "resize2fs", "-P", path, NULL };
	struct bd_run run = bd_program_run(argv, &program);
	run.output = output;
	run.output_size = sizeof(output);
	if (bd_run(&run, err) != 0)
		return -1;
	/* In whatever words, the number is the last thing. */
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

int e2fsprogs_resize(int fd, uint64_t blocks, uint32_t block_bytes, struct bd_error *err)
{
	char path[BD_PROGRAM_PATH_SIZE], size[32];
	struct bd_program program = program_on(fd, true);

	if (refuse_external_journal(fd, 0, err) != 0)
		return -1;
	if (program.file_bytes < blocks * block_bytes)
		program.file_bytes = blocks * block_bytes;
	bd_program_path(fd, path);
	snprintf(size, sizeof(size), "%" PRIu64, blocks);
	const char *const argv[] = { "resize2fs", "-f", path, size, NULL };
	const struct bd_run run = bd_program_run(argv, &program);
	return bd_run(&run, err);
}

int e2fsprogs_copy(int fd, uint64_t offset_bytes, uint64_t size_bytes, bool with_data, int to_fd,
		   struct bd_error *err)
{
	char from[BD_PROGRAM_PATH_SIZE], to[BD_PROGRAM_PATH_SIZE], offset[32];
	const struct bd_program program = { .read_fd = fd, .write_fd = to_fd, .file_bytes = size_bytes };

	if (refuse_external_journal(fd, offset_bytes, err) != 0)
		return -1;
	bd_program_path(fd, from);
	bd_program_path(to_fd, to);
	snprintf(offset, sizeof(offset), "%" PRIu64, offset_bytes);
	const char *const argv[] = { "e2image", with_data ? "-ra" : "-r", "-o", offset, from, to, NULL };
	const struct bd_run run = bd_program_run(argv, &program);
	return bd_run(&run, err);
}
