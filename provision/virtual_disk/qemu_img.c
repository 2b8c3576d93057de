/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs qemu-img, confined. It gets descriptors as files of /proc: the very files that were looked at, and names in which nothing means
 * a protocol. */
#include "virtual_disk/qemu_img.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json_tree.h"
#include "base/parse.h"
#include "base/process/run.h"
#include "base/progress.h"
#include "base/text.h"
#include "sandbox/program.h"
#include "virtual_disk/header.h"

#define ANSWER_MAX (64u << 10)
#define STATUS_LEAKS 3 /* of qemu-img check: clusters that nothing uses, which harms nothing */
#define DISK_BYTES_MAX (UINT64_C(1) << 62)

static int check_answer(const struct bd_json_node *root, enum bd_disk_format format, uint64_t *disk_bytes_out,
			struct bd_error *err)
{
	const struct bd_json_node *specific = bd_json_member_of(root, "format-specific", BD_JSON_OBJECT);
	const struct bd_json_node *data = specific ? bd_json_member_of(specific, "data", BD_JSON_OBJECT) : NULL;
	const struct bd_json_node *encrypted = bd_json_member(root, "encrypted");

	if (!bd_text_is_same(bd_json_text(bd_json_member(root, "format")), bd_disk_format_driver(format)) ||
	    !bd_json_whole_number(bd_json_member(root, "virtual-size"), DISK_BYTES_MAX, disk_bytes_out))
		return bd_fail(err, EINVAL, "qemu-img does not take it for a %s image", bd_disk_format_name(format));
	if (bd_json_member(root, "backing-filename") || bd_json_member(root, "full-backing-filename"))
		return bd_virtual_disk_fail_refers(err, "its backing file");
	if (data && bd_json_member(data, "data-file"))
		return bd_virtual_disk_fail_refers(err, "its data file");
	if (encrypted && bd_text_is_same(encrypted->text, "true"))
		return bd_fail(err, ENOTSUP, "it is encrypted");
	return 0;
}

int bd_qemu_img_check_complete(int fd, enum bd_disk_format format, struct bd_error *err)
{
	char path[BD_PROGRAM_PATH_SIZE];
	int status = 0;

	/* Those of VHD are checked whenever one is opened. */
	if (format == BD_DISK_FORMAT_RAW || format == BD_DISK_FORMAT_VHD)
		return 0;
	bd_program_path(fd, path);
	const char *const argv[] = { "qemu-img", "check", "-q", "-f", bd_disk_format_driver(format), path, NULL };
	const struct bd_program program = { .read_fd = fd, .write_fd = -1 };
	struct bd_run run = bd_program_run(argv, &program);
	run.status_out = &status;
	if (bd_run(&run, err) != 0)
		return -1;
	return status == 0 || status == STATUS_LEAKS
		       ? 0
		       : bd_fail(err, EIO, "it is damaged or cut off: `qemu-img check` finds errors in it");
}

int bd_qemu_img_check(int fd, enum bd_disk_format format, uint64_t *disk_bytes_out, struct bd_error *err)
{
	BD_DISPOSE(bd_json_tree_dispose) struct bd_json_tree tree = { 0 };
	BD_FREE char *answer = malloc(ANSWER_MAX);
	char path[BD_PROGRAM_PATH_SIZE];

	if (!answer)
		return bd_no_memory(err);
	if (bd_virtual_disk_check_header(fd, format, err) != 0)
		return -1;
	bd_program_path(fd, path);
	const char *const argv[] = { "qemu-img", "info", "--output=json", "-f", bd_disk_format_driver(format),
				     path,	 NULL };
	const struct bd_program program = { .read_fd = fd, .write_fd = -1 };
	struct bd_run run = bd_program_run(argv, &program);
	run.output = answer;
	run.output_size = ANSWER_MAX;
	if (bd_run(&run, err) != 0)
		return bd_program_fail_reading("qemu-img", path, err);
	if (bd_json_parse(answer, strlen(answer), "what qemu-img info says", &tree, err) != 0)
		return -1;
	return check_answer(tree.root, format, disk_bytes_out, err);
}

/* "    (12.34/100%)\r" */
static void show_progress(const char *text, uint64_t disk_bytes)
{
	const char *open = strrchr(text, '(');
	double percent;

	if (open && sscanf(open + 1, "%lf/100%%", &percent) == 1 && percent >= 0 && percent <= 100)
		bd_progress_update((uint64_t)(percent / 100 * (double)disk_bytes));
}

/* Tables and bitmaps of qcow2 and VHD take less than a thousandth of the disk. */
static uint64_t largest_file(uint64_t disk_bytes)
{
	return disk_bytes + disk_bytes / 512 + (64u << 20);
}

/* What is written so far; called while the program says nothing. */
static int check_limit(void *context, struct bd_error *err)
{
	const struct bd_qemu_img_job *job = context;
	struct stat there;

	if (!job->allocated_max_bytes || fstat(job->to_fd, &there) != 0 ||
	    (uint64_t)there.st_blocks * S_BLKSIZE <= job->allocated_max_bytes)
		return 0;
	char size[32];
	bd_format_size(job->allocated_max_bytes, size, sizeof(size));
	return bd_fail(err, EFBIG, "the disk in it takes more than %s", size);
}

static int follow(struct bd_child *child, const struct bd_qemu_img_job *job, struct bd_error *err)
{
	char text[256];
	ssize_t got;

	do {
		if (bd_child_wait_output(child, check_limit, (void *)job, err) != 0 ||
		    check_limit((void *)job, err) != 0)
			return -1;
		got = read(child->output_fd, text, sizeof(text) - 1);
		text[got > 0 ? got : 0] = '\0';
		show_progress(text, job->disk_bytes);
	} while (got > 0);
	return bd_child_finish(child, err);
}

int bd_qemu_img_convert(const struct bd_qemu_img_job *job, struct bd_error *err)
{
	BD_DISPOSE(bd_child_dispose) struct bd_child child = BD_CHILD_INIT;
	char from[BD_PROGRAM_PATH_SIZE], to[BD_PROGRAM_PATH_SIZE];
	const char *options = bd_disk_format_options(job->to_format);
	const struct bd_program program = { .read_fd = job->fd,
					    .write_fd = job->to_fd,
					    .file_bytes = largest_file(job->disk_bytes) };
	const char *argv[16] = { "qemu-img",
				 "convert",
				 "-p",
				 "-f",
				 bd_disk_format_driver(job->format),
				 "-O",
				 bd_disk_format_driver(job->to_format) };
	size_t count = 7;

	bd_program_path(job->fd, from);
	bd_program_path(job->to_fd, to);
	if (options) {
		argv[count++] = "-o";
		argv[count++] = options;
	}
	argv[count++] = from;
	argv[count++] = to;
	const struct bd_run run = bd_program_run(argv, &program);
	if (bd_child_start_run(&run, &child, err) != 0)
		return -1;
	return follow(&child, job, err) == 0 ? 0 : bd_program_fail_reading("qemu-img", from, err);
}
