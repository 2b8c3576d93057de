/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks at headers, and runs qemu-img, confined. It gets descriptors as files of /proc: the very files that were looked at, and names
 * in which nothing means a protocol. */
#include "ops/image/qemu_img.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/json_tree.h"
#include "base/process/run.h"
#include "base/progress.h"
#include "base/text.h"
#include "sandbox/program.h"

#define ANSWER_MAX (64u << 10)
#define DISK_BYTES_MAX (UINT64_C(1) << 62)

static const struct {
	const char *name, *driver, *suffixes[3], *options;
} formats[] = {
	[IMAGE_FORMAT_RAW] = { "raw", "raw", { ".img", ".raw" }, NULL },
	[IMAGE_FORMAT_QCOW2] = { "qcow2", "qcow2", { ".qcow2" }, "compat=1.1" },
	/* Of the disk's own size, where QEMU would otherwise round up to what cylinders can say. */
	[IMAGE_FORMAT_VHD] = { "vhd", "vpc", { ".vhd", ".vpc" }, "subformat=dynamic,force_size=on" },
};
#define FORMAT_COUNT (sizeof(formats) / sizeof(*formats))

const char *image_format_name(enum image_format format)
{
	return formats[format].name;
}

int image_format_parse(const char *text, enum image_format *format_out, struct bd_error *err)
{
	for (size_t i = 0; i < FORMAT_COUNT; i++)
		if (strcmp(text, formats[i].name) == 0) {
			*format_out = (enum image_format)i;
			return 0;
		}
	return bd_usage(err, "must be one of raw, qcow2, vhd, not \"%s\"", text);
}

bool image_format_of_name(const char *path, enum image_format *format_out)
{
	for (size_t i = 0; i < FORMAT_COUNT; i++)
		for (size_t s = 0; s < 3 && formats[i].suffixes[s]; s++)
			if (bd_text_ends_in(path, formats[i].suffixes[s])) {
				*format_out = (enum image_format)i;
				return true;
			}
	return false;
}

static uint64_t get_be(const uint8_t *at, size_t bytes)
{
	uint64_t value = 0;

	for (size_t i = 0; i < bytes; i++)
		value = value << 8 | at[i];
	return value;
}

static int fail_refers(struct bd_error *err, const char *what)
{
	return bd_fail(err, ENOTSUP, "it refers to another file (%s), which is not followed", what);
}

/* QEMU's docs/interop/qcow2.txt. QEMU opens the files that a header names when it merely looks at the image. */
static int check_qcow2(int fd, struct bd_error *err)
{
	uint8_t header[80] = { 0 };
	ssize_t got = bd_pread_full(fd, header, sizeof(header), 0);

	if (got < 72 || memcmp(header, "QFI\xfb", 4) != 0)
		return bd_fail(err, EINVAL, "it is no qcow2 image");
	uint64_t version = get_be(header + 4, 4);
	if (version != 2 && version != 3)
		return bd_fail(err, ENOTSUP, "it is a qcow2 image of version %u", (unsigned)version);
	if (get_be(header + 8, 8))
		return fail_refers(err, "its backing file");
	if (get_be(header + 32, 4))
		return bd_fail(err, ENOTSUP, "it is encrypted");
	return version == 3 && (got < 80 || get_be(header + 72, 8) & 4) ? fail_refers(err, "its data file") : 0;
}

/* The Virtual Hard Disk Image Format Specification: the footer is the last sector, and of all but fixed disks also the first. */
static int check_vhd(int fd, struct bd_error *err)
{
	uint8_t footer[512];
	off_t end = lseek(fd, 0, SEEK_END);

	if (end < 512 || bd_pread_full(fd, footer, sizeof(footer), (uint64_t)end - 512) != 512)
		return bd_fail(err, EINVAL, "it is no VHD");
	if (memcmp(footer, "conectix", 8) != 0 &&
	    (bd_pread_full(fd, footer, sizeof(footer), 0) != 512 || memcmp(footer, "conectix", 8) != 0))
		return bd_fail(err, EINVAL, "it is no VHD");
	uint64_t type = get_be(footer + 60, 4);
	if (type == 4)
		return fail_refers(err, "its parent disk");
	return type == 2 || type == 3 ? 0 : bd_fail(err, ENOTSUP, "it is a VHD of type %u", (unsigned)type);
}

static int check_answer(const struct bd_json_node *root, enum image_format format, uint64_t *disk_bytes_out,
			struct bd_error *err)
{
	const struct bd_json_node *specific = bd_json_member_of(root, "format-specific", BD_JSON_OBJECT);
	const struct bd_json_node *data = specific ? bd_json_member_of(specific, "data", BD_JSON_OBJECT) : NULL;
	const struct bd_json_node *encrypted = bd_json_member(root, "encrypted");

	if (!bd_text_is_same(bd_json_text(bd_json_member(root, "format")), formats[format].driver) ||
	    !bd_json_whole_number(bd_json_member(root, "virtual-size"), DISK_BYTES_MAX, disk_bytes_out))
		return bd_fail(err, EINVAL, "qemu-img does not take it for a %s image", formats[format].name);
	if (bd_json_member(root, "backing-filename") || bd_json_member(root, "full-backing-filename"))
		return fail_refers(err, "its backing file");
	if (data && bd_json_member(data, "data-file"))
		return fail_refers(err, "its data file");
	if (encrypted && bd_text_is_same(encrypted->text, "true"))
		return bd_fail(err, ENOTSUP, "it is encrypted");
	return 0;
}

int qemu_img_check(int fd, enum image_format format, uint64_t *disk_bytes_out, struct bd_error *err)
{
	BD_DISPOSE(bd_json_tree_dispose) struct bd_json_tree tree = { 0 };
	BD_FREE char *answer = malloc(ANSWER_MAX);
	char path[BD_PROGRAM_PATH_SIZE];

	if (!answer)
		return bd_no_memory(err);
	if ((format == IMAGE_FORMAT_QCOW2 && check_qcow2(fd, err) != 0) ||
	    (format == IMAGE_FORMAT_VHD && check_vhd(fd, err) != 0))
		return -1;
	bd_program_path(fd, path);
	const char *const argv[] = { "qemu-img", "info", "--output=json", "-f", formats[format].driver, path, NULL };
	const struct bd_program program = { .read_fd = fd, .write_fd = -1 };
	struct bd_run run = bd_program_run(argv, &program);
	run.output = answer;
	run.output_size = ANSWER_MAX;
	if (bd_run(&run, err) != 0 ||
	    bd_json_parse(answer, strlen(answer), "what qemu-img info says", &tree, err) != 0)
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

int qemu_img_convert(int fd, enum image_format format, int to_fd, enum image_format to_format, uint64_t disk_bytes,
		     struct bd_error *err)
{
	BD_DISPOSE(bd_child_dispose) struct bd_child child = BD_CHILD_INIT;
	char from[BD_PROGRAM_PATH_SIZE], to[BD_PROGRAM_PATH_SIZE], text[256];
	const struct bd_program program = { .read_fd = fd,
					    .write_fd = to_fd,
					    .file_bytes = largest_file(disk_bytes) };
	const char *argv[16] = {
		"qemu-img", "convert", "-p", "-f", formats[format].driver, "-O", formats[to_format].driver
	};
	size_t count = 7;
	ssize_t got;

	bd_program_path(fd, from);
	bd_program_path(to_fd, to);
	if (formats[to_format].options) {
		argv[count++] = "-o";
		argv[count++] = formats[to_format].options;
	}
	argv[count++] = from;
	argv[count++] = to;
	bd_progress_stage("converting the image", disk_bytes);
	const struct bd_run run = bd_program_run(argv, &program);
	if (bd_child_start_run(&run, &child, err) != 0)
		return -1;
	do {
		if (bd_child_wait_output(&child, NULL, err) != 0)
			return -1;
		got = read(child.output_fd, text, sizeof(text) - 1);
		text[got > 0 ? got : 0] = '\0';
		show_progress(text, disk_bytes);
	} while (got > 0);
	return bd_child_finish(&child, err);
}
