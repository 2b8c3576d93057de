/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs mdir for the names, and mcopy for each file: it writes to a pipe, and to no file. */
#include "import/disk/fat.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/temporary_file.h"
#include "base/printable.h"
#include "base/process/run.h"
#include "sandbox/program.h"

#define LIST_BYTES_MAX (4u << 20)
#define CHUNK_BYTES (256u << 10)
#define PLACE "::" /* mtools' name for what -i gives */

struct reading {
	const struct bd_fat *fat;
	char image[BD_PROGRAM_PATH_SIZE + 32];
	uint64_t left_bytes; /* of what all files may have together: of more there is no room in the partition */
	uint8_t *chunk; /* owned */
};

static void reading_dispose(struct reading *reading)
{
	free(reading->chunk);
}

static int start(const struct reading *reading, const char *const *argv, struct bd_child *child, struct bd_error *err)
{
	/* Names that are not ASCII would be others in the locale C. */
	static const char *const environment[] = { "LC_ALL=C.UTF-8", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
						   "MTOOLS_SKIP_CHECK=1", NULL };
	const struct bd_program program = { .read_fd = reading->fat->fd, .write_fd = -1 };
	struct bd_run run = bd_program_run(argv, &program);

	run.environment = environment;
	if (bd_child_start_run(&run, child, err) == 0)
		return 0;
	return err->code == ENOPKG ? bd_fail(err, ENOPKG,
					     "a FAT filesystem is read by mtools, which is not installed (Debian: "
					     "apt-get install mtools)")
				   : -1;
}

/* What the program writes, in turn. 0: that was all, and it says that it was. */
static int read_more(const struct reading *reading, struct bd_child *child, size_t *size_out, struct bd_error *err)
{
	ssize_t got;

	*size_out = 0;
	if (bd_child_wait_output(child, NULL, NULL, err) != 0)
		return -1;
	got = TEMP_FAILURE_RETRY(read(child->output_fd, reading->chunk, CHUNK_BYTES));
	if (got < 0)
		return bd_fail_errno(err, "cannot read what mtools writes");
	*size_out = (size_t)got;
	return got ? 0 : bd_child_finish(child, err);
}

/* That is what mdir says where there are no files at all. */
static bool is_empty(const struct bd_error *err)
{
	return err->code == EIO && strstr(err->message, "File \"" PLACE "/\" not found") != NULL;
}

static int list(const struct reading *reading, char **list_out, struct bd_error *err)
{
	const char *const argv[] = { "mdir", "-/", "-a", "-b", "-i", reading->image, PLACE "/", NULL };
	BD_DISPOSE(bd_child_dispose) struct bd_child child = BD_CHILD_INIT;
	BD_FREE char *text = calloc(1, LIST_BYTES_MAX + 1);
	size_t used = 0, got;

	if (!text)
		return bd_no_memory(err);
	if (start(reading, argv, &child, err) != 0)
		return -1;
	do {
		if (read_more(reading, &child, &got, err) != 0 && !is_empty(err))
			return -1;
		if (got > LIST_BYTES_MAX - used)
			return bd_fail(err, EFBIG, "it has too many files");
		memcpy(text + used, reading->chunk, got);
		used += got;
	} while (got);
	*list_out = bd_take_ptr(text);
	return 0;
}

static int copy_content(struct reading *reading, const char *name, int to_fd, uint64_t *size_out,
			struct bd_error *err)
{
	const char *const argv[] = { "mcopy", "-i", reading->image, name, "-", NULL };
	BD_DISPOSE(bd_child_dispose) struct bd_child child = BD_CHILD_INIT;
	size_t got;

	*size_out = 0;
	if (start(reading, argv, &child, err) != 0)
		return -1;
	do {
		if (read_more(reading, &child, &got, err) != 0)
			return -1;
		if (got > reading->left_bytes)
			return bd_fail(err, EIO, "its files have more content than there is room for");
		if (bd_write_temporary(to_fd, reading->chunk, got, *size_out, err) != 0)
			return -1;
		reading->left_bytes -= got;
		*size_out += got;
	} while (got);
	return 0;
}

/* Whoever wrote the filesystem chose them. */
static int check_name(const char *name, struct bd_error *err)
{
	if (strncmp(name, PLACE "/", 3) != 0 || !name[3] || strstr(name, "/../") || strstr(name, "/./") ||
	    strstr(name, "//"))
		return bd_fail(err, EIO, "mtools lists files that cannot be");
	return strpbrk(name, "*?[]\\")
		       ? bd_fail(err, ENOTSUP, "its name has one of * ? [ ] \\, which mtools takes for a pattern")
		       : 0;
}

/* name: "::/EFI/" of a directory, "::/vmlinuz" of a file. */
static int read_one(struct reading *reading, char *name, bd_fat_visit visit, void *context, struct bd_error *err)
{
	BD_CLOSE int fd = -1;
	size_t length = strlen(name);
	uint64_t size;

	if (check_name(name, err) != 0)
		return -1;
	if (name[length - 1] == '/') {
		name[length - 1] = '\0';
		return visit(context, name + strlen(PLACE), -1, 0, err);
	}
	if (bd_open_temporary(&fd, err) != 0 || copy_content(reading, name, fd, &size, err) != 0)
		return -1;
	return visit(context, name + strlen(PLACE), fd, size, err);
}

int bd_fat_read(const struct bd_fat *fat, bd_fat_visit visit, void *context, struct bd_error *err)
{
	BD_DISPOSE(reading_dispose)
	struct reading reading = { .fat = fat, .left_bytes = fat->size_bytes, .chunk = malloc(CHUNK_BYTES) };
	char path[BD_PROGRAM_PATH_SIZE];
	BD_FREE char *names = NULL;

	if (!reading.chunk)
		return bd_no_memory(err);
	bd_program_path(fat->fd, path);
	snprintf(reading.image, sizeof(reading.image), "%s@@%" PRIu64, path, fat->offset_bytes);
	if (list(&reading, &names, err) != 0 || visit(context, "/", -1, 0, err) != 0)
		return -1;
	for (char *at = names, *name; (name = strsep(&at, "\n")) != NULL;)
		if (*name && read_one(&reading, name, visit, context, err) != 0)
			return err->kind == BD_KIND_CANCELED ? -1 : bd_wrap_entry(err, "", name);
	return 0;
}
