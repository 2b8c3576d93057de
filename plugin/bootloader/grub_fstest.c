/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command lines, and pieces of output. */
#include "bootloader/grub_fstest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file/file.h"
#include "bootloader/ask_frame.h"
#include "filestream/frame_reader.h"
#include "sandbox/mounts.h"

#define ARGUMENTS_MAX (BD_ASK_TEXTS_MAX + 16)
#define NUMBER_SIZE 32
#define PIPE_BYTES (1 << 20)
#define BUFFER_BYTES (1u << 20)
#define FILL_NS 500000 /* in which the pipe does not become full */

void bd_grub_fstest_dispose(struct bd_grub_fstest *grub)
{
	if (grub->is_running)
		bd_child_dispose(&grub->child);
	grub->is_running = false;
}

static int check_time(void *context, struct bd_error *err)
{
	const struct bd_grub_fstest *grub = context;

	if (grub->deadline_s > 0 && bd_clock_s() >= grub->deadline_s)
		return bd_fail(err, ETIME, "reading it took too long");
	return 0;
}

/* "(loop0,gpt2)/boot/vmlinuz". Neither an option, nor a file of the root directory that the program runs in. */
static bool is_path(const char *path)
{
	return *path == '(' && strlen(path) < BD_ASK_TEXT_MAX && strchr(path, ')') &&
	       strncmp(path, "(host", 5) != 0 && strncmp(path, "(proc", 5) != 0;
}

/* All children that have ended are its runs. */
static double used_cpu_s(void)
{
	struct rusage used;

	if (getrusage(RUSAGE_CHILDREN, &used) != 0)
		return 0;
	return (double)used.ru_utime.tv_sec + (double)used.ru_stime.tv_sec +
	       (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static int fail_cpu(const struct bd_grub_fstest *grub, struct bd_error *err)
{
	return bd_fail(err, ETIME,
		       "it is damaged or malicious: grub-fstest used more than %u s of CPU time to read it",
		       grub->cpu_s);
}

/* What earlier runs have left of it, in whole seconds. */
static int share_cpu(struct bd_grub_fstest *grub, struct bd_error *err)
{
	double left = grub->cpu_s - used_cpu_s();

	if (!grub->cpu_s)
		return 0;
	if (left <= 0)
		return fail_cpu(grub, err);
	grub->program.cpu_s = (unsigned)left + 1;
	return 0;
}

static int start(struct bd_grub_fstest *grub, const char *const *argv, struct bd_error *err)
{
	bd_grub_fstest_dispose(grub);
	if (share_cpu(grub, err) != 0)
		return -1;
	struct bd_run run = bd_program_run(argv, &grub->program);
	run.deadline_s = grub->deadline_s;
	if (bd_child_start_run(&run, &grub->child, err) != 0)
		return err->code == ENOPKG ? bd_wrap(err, "grub-fstest (of GRUB's common files) reads this disk")
					   : -1;
	grub->is_running = true;
	fcntl(grub->child.output_fd, F_SETPIPE_SZ, PIPE_BYTES); /* where it may not, it is slower */
	return 0;
}

/* argv of "cat", of a part where size_bytes is not BD_ASK_ALL. */
static void put_part(uint64_t from_bytes, uint64_t size_bytes, const char **argv, size_t *count,
		     char numbers[2][NUMBER_SIZE])
{
	if (size_bytes == BD_ASK_ALL)
		return;
	snprintf(numbers[0], NUMBER_SIZE, "--skip=%" PRIu64, from_bytes);
	snprintf(numbers[1], NUMBER_SIZE, "--length=%" PRIu64, size_bytes);
	argv[(*count)++] = numbers[0];
	argv[(*count)++] = numbers[1];
}

/* --- output ------------------------------------------------------------------------------------------------------- */

/* Up to size bytes; fewer only at the end. */
static int read_piece(struct bd_grub_fstest *grub, char *data, size_t size, size_t *got_out, struct bd_error *err)
{
	*got_out = 0;
	while (*got_out < size) {
		if (bd_child_wait_output(&grub->child, check_time, grub, err) != 0)
			return -1;
		ssize_t r = read(grub->child.output_fd, data + *got_out, size - *got_out);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return bd_fail_errno(err, "cannot read the output of grub-fstest");
		if (r == 0)
			return 0;
		*got_out += (size_t)r;
	}
	return check_time(grub, err);
}

static int finish(struct bd_grub_fstest *grub, struct bd_error *err)
{
	int r = bd_child_finish(&grub->child, err);

	bd_grub_fstest_dispose(grub);
	/* Killed for it: the kernel ends a process with some ticks more or less than getrusage tells. */
	if (r != 0 && err->kind != BD_KIND_CANCELED && grub->cpu_s && used_cpu_s() > grub->cpu_s - 0.5)
		return fail_cpu(grub, err);
	return r;
}

static int send(struct bd_sandbox *asker, enum bd_ask_state state, char *message, size_t size, struct bd_error *err)
{
	const struct bd_ask_answer head = { .state = (uint32_t)state, .size_bytes = (uint32_t)size };

	memcpy(message, &head, sizeof(head));
	return bd_sandbox_answer(asker, message, sizeof(head) + size, err);
}

static int send_failure(struct bd_sandbox *asker, enum bd_ask_state state, const struct bd_error *failure,
			struct bd_error *err)
{
	char message[sizeof(struct bd_ask_answer) + BD_ERROR_MESSAGE_SIZE];
	size_t size = strlen(failure->message);

	memcpy(message + sizeof(struct bd_ask_answer), failure->message, size);
	return send(asker, state, message, size, err);
}

static int send_piece(struct bd_grub_fstest *grub, struct bd_sandbox *asker, struct bd_error *err)
{
	BD_FREE char *message = malloc(BD_SANDBOX_ANSWER_MAX);
	struct bd_error failure = BD_ERROR_INIT;
	size_t got;

	if (!message)
		return bd_no_memory(err);
	if (!grub->is_running)
		return bd_frame_fail_protocol(err);
	if (read_piece(grub, message + sizeof(struct bd_ask_answer), BD_ASK_PIECE_BYTES, &got, err) != 0)
		return -1;
	if (got == BD_ASK_PIECE_BYTES)
		return send(asker, BD_ASK_GOES_ON, message, got, err);
	if (finish(grub, &failure) == 0)
		return send(asker, BD_ASK_ENDED, message, got, err);
	if (failure.kind == BD_KIND_CANCELED || failure.code == ETIME) {
		*err = failure;
		return -1;
	}
	return send_failure(asker, BD_ASK_FAILED, &failure, err);
}

/* --- questions ---------------------------------------------------------------------------------------------------- */

static bool is_text(enum bd_ask what, const char *text)
{
	return is_path(text) || (what == BD_ASK_LIST && strcmp(text, BD_ASK_SEPARATOR) == 0);
}

static int take_texts(enum bd_ask what, struct bd_frame_body *question, const char **argv, size_t *count,
		      struct bd_error *err)
{
	uint32_t texts = bd_frame_get32(question);

	if (texts > BD_ASK_TEXTS_MAX || (what == BD_ASK_READ && texts != 1))
		return bd_frame_fail_protocol(err);
	for (uint32_t i = 0; i < texts; i++) {
		const char *text = bd_frame_get_text(question);
		if (question->bad || !is_text(what, text))
			return bd_frame_fail_protocol(err);
		argv[(*count)++] = text;
	}
	return question->bad || question->left ? bd_frame_fail_protocol(err) : 0;
}

static int ask(struct bd_grub_fstest *grub, enum bd_ask what, struct bd_frame_body *question, struct bd_error *err)
{
	const char *argv[ARGUMENTS_MAX] = { "grub-fstest" };
	uint64_t from = bd_frame_get64(question), size = bd_frame_get64(question);
	char numbers[2][NUMBER_SIZE];
	size_t count = 1;

	if (what == BD_ASK_READ)
		put_part(from, size, argv, &count, numbers);
	argv[count++] = BD_MOUNTS_FILE;
	argv[count++] = what == BD_ASK_READ ? "cat" : "ls";
	argv[count++] = "--";
	if (what == BD_ASK_LIST) {
		argv[count++] = "-l";
		argv[count++] = "-a";
	}
	return take_texts(what, question, argv, &count, err) != 0 ? -1 : start(grub, argv, err);
}

int bd_grub_fstest_answer(struct bd_grub_fstest *grub, struct bd_frame_body *question, struct bd_sandbox *asker,
			  struct bd_error *err)
{
	enum bd_ask what = (enum bd_ask)bd_frame_get32(question);
	struct bd_error failure = BD_ERROR_INIT;

	switch (what) {
	case BD_ASK_MORE:
		break;
	case BD_ASK_LIST:
	case BD_ASK_READ:
		if (check_time(grub, err) != 0)
			return -1;
		if (ask(grub, what, question, &failure) == 0)
			break;
		if (failure.code == ENOPKG)
			return send_failure(asker, BD_ASK_MISSING, &failure, err);
		*err = failure;
		return -1;
	default:
		return bd_frame_fail_protocol(err);
	}
	return send_piece(grub, asker, err);
}

/* --- copies ------------------------------------------------------------------------------------------------------- */

/* The program writes 32 KiB at a time. Whoever reads them one by one changes with it as often, which takes a tenth of the whole time. */
static void let_fill(int pipe_fd)
{
	const struct timespec while_it_writes = { .tv_nsec = FILL_NS };
	int there;

	if (ioctl(pipe_fd, FIONREAD, &there) == 0 && there < PIPE_BYTES / 2)
		nanosleep(&while_it_writes, NULL);
}

/* Bytes moved from the program's output; 0: its end. */
static ssize_t move_piece(struct bd_grub_fstest *grub, int fd, uint64_t to_bytes, uint64_t size_bytes, char *buffer)
{
	size_t size = size_bytes < BUFFER_BYTES ? (size_t)size_bytes : BUFFER_BYTES;
	struct bd_error err = BD_ERROR_INIT;

	let_fill(grub->child.output_fd);
	ssize_t r = TEMP_FAILURE_RETRY(read(grub->child.output_fd, buffer, size));
	return r > 0 && bd_pwrite_all(fd, buffer, (size_t)r, to_bytes, "the copy", &err) != 0 ? -1 : r;
}

static int move(struct bd_grub_fstest *grub, const char *path, uint64_t size_bytes, int fd, uint64_t to_bytes,
		struct bd_error *err)
{
	BD_FREE char *buffer = malloc(BUFFER_BYTES);

	if (!buffer)
		return bd_no_memory(err);
	for (uint64_t done = 0; done < size_bytes;) {
		if (bd_child_wait_output(&grub->child, check_time, grub, err) != 0 || check_time(grub, err) != 0)
			return -1;
		ssize_t r = move_piece(grub, fd, to_bytes + done, size_bytes - done, buffer);
		if (r < 0)
			return bd_fail_errno(err, "cannot copy %.200s", path);
		if (r == 0) {
			/* It says so itself, or not even that. */
			if (finish(grub, err) != 0)
				return -1;
			return bd_fail(err, EIO, "%.200s ends before its size", path);
		}
		done += (uint64_t)r;
	}
	return 0;
}

int bd_grub_fstest_copy(struct bd_grub_fstest *grub, const char *path, uint64_t from_bytes, uint64_t size_bytes,
			int fd, uint64_t to_bytes, struct bd_error *err)
{
	const char *argv[ARGUMENTS_MAX] = { "grub-fstest" };
	char numbers[2][NUMBER_SIZE];
	size_t count = 1;

	if (!is_path(path))
		return bd_frame_fail_protocol(err);
	put_part(from_bytes, size_bytes, argv, &count, numbers);
	argv[count++] = BD_MOUNTS_FILE;
	argv[count++] = "cat";
	argv[count++] = path;
	if (check_time(grub, err) != 0 || start(grub, argv, err) != 0 ||
	    move(grub, path, size_bytes, fd, to_bytes, err) != 0)
		return -1;
	return finish(grub, err);
}
