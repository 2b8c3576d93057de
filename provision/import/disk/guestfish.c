/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guestfish writes what it has mounted where, and then a tar archive of the whole, which is read as any other. */
#include "import/disk/guestfish.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/file/scratch.h"
#include "base/file/temporary_file.h"
#include "base/printable.h"
#include "base/process/run.h"
#include "import/archive/source_archive.h"
#include "import/disk/guestfish_mounts.h"
#include "import/disk/merged_fstab.h"
#include "import/disk/unused.h"
#include "sandbox/program.h"

#define LOG_LINES_MAX 1000u

/* --- a path ------------------------------------------------------------------------------------------------------- */

/* QEMU opens the disk by a path, which an unnamed temporary file gets here. */
static int name_temporary(int fd, struct bd_scratch *scratch, char path_out[PATH_MAX], struct bd_error *err)
{
	if (bd_scratch_make(scratch, err) != 0)
		return -1;
	if ((size_t)snprintf(path_out, PATH_MAX, "%s/disk.raw", scratch->path) >= PATH_MAX)
		return bd_fail(err, ENAMETOOLONG, "the path of a temporary file is too long");
	if (bd_link_unnamed(fd, scratch->fd, "disk.raw") == 0)
		return 0;
	return bd_fail_errno(
		err,
		"a temporary file in %s can have no name, which guestfish needs; set TMPDIR to another directory",
		bd_temporary_folder());
}

static int find_path(int fd, char path_out[PATH_MAX], struct bd_error *err)
{
	char link[BD_PROGRAM_PATH_SIZE];
	struct stat opened, named;

	bd_program_path(fd, link);
	ssize_t length = readlink(link, path_out, PATH_MAX - 1);
	if (length < 0)
		return bd_fail_errno(err, "cannot find its path");
	path_out[length] = '\0';
	if (fstat(fd, &opened) != 0 || stat(path_out, &named) != 0 || opened.st_dev != named.st_dev ||
	    opened.st_ino != named.st_ino)
		return bd_fail(err, ENOENT, "it has no path any more, by which guestfish could read it");
	return 0;
}

static int make_path(const struct bd_raw_disk *raw, struct bd_scratch *scratch, char path_out[PATH_MAX],
		     struct bd_error *err)
{
	struct stat there;

	if (fstat(raw->fd, &there) != 0)
		return bd_fail_errno(err, "cannot access it");
	return there.st_nlink ? find_path(raw->fd, path_out, err) : name_temporary(raw->fd, scratch, path_out, err);
}

/* --- guestfish ---------------------------------------------------------------------------------------------------- */

/* The format is said, so that nobody guesses it. A passphrase is asked for by nobody: standard input is empty. */
static int start(const char *path, struct bd_child *child, struct bd_error *err)
{
	const char *const argv[] = { "env",
				     "LC_ALL=C",
				     "guestfish",
				     "--ro",
				     "--format=raw",
				     "--keys-from-stdin",
				     "-a",
				     path,
				     "-i",
				     "mountpoints",
				     ":",
				     "echo",
				     BD_GUESTFISH_MOUNTS_END,
				     ":",
				     "tar-out",
				     "/",
				     "-",
				     "numericowner:true",
				     "xattrs:true",
				     "acls:true",
				     "selinux:true",
				     NULL };
	char program[PATH_MAX];

	if (bd_find_program("guestfish", program, sizeof(program), err) != 0 || bd_child_start(argv, child, err) != 0)
		return -1;
	child->name = "guestfish";
	return 0;
}

/* The first line that says what went wrong; what follows it is advice about other programs. NULL: there is none. */
static char *find_reason(const struct bd_child *child)
{
	static const char *const beginnings[] = { "libguestfs: error: ", "guestfish: " };
	BD_FREE char *log = bd_child_log_tail(child, LOG_LINES_MAX);
	char *rest = NULL;

	for (char *line = log ? strtok_r(log, "\r\n", &rest) : NULL; line; line = strtok_r(NULL, "\r\n", &rest))
		for (size_t i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++)
			if (strncmp(line, beginnings[i], strlen(beginnings[i])) == 0)
				return bd_printable(line + strlen(beginnings[i]));
	return NULL;
}

/* Where a filesystem of /etc/fstab cannot be mounted, it says so and goes on. */
static int finish(struct bd_child *child, struct bd_error *err)
{
	int r = bd_child_finish(child, err);

	if (r != 0 && err->kind == BD_KIND_CANCELED)
		return -1;
	BD_FREE char *reason = find_reason(child);
	if (r == 0 && !reason)
		return 0;
	return bd_fail(err, EIO, "guestfish cannot read all of it: %.400s", reason ? reason : err->message);
}

/* --- the archive -------------------------------------------------------------------------------------------------- */

/* A directory in an archive has a slash at its end, behind which is nothing that would be below it. */
static bool is_below(const char *path, const char *directory)
{
	size_t size = strlen(directory);

	return strncmp(path, directory, size) == 0 && path[size] == '/' && path[size + 1];
}

/* The mount point of what is left out stays. */
static int take_entry(void *context, const struct bd_stream_entry *entry, struct bd_file_stream *stream,
		      struct bd_sealed_writer *writer, struct bd_error *err)
{
	const struct bd_inside_mounts *mounts = context;
	const char *path = entry->path;

	while (strncmp(path, "./", 2) == 0)
		path += 2;
	for (size_t i = 0; i < mounts->left_out_count; i++)
		if (is_below(path, mounts->left_out[i].path + 1))
			return 1;
	if (strcmp(path, "etc/fstab") != 0 || !S_ISREG(entry->meta.mode) || entry->hardlink)
		return 0;
	return bd_merged_fstab_add(stream, path, &entry->meta, mounts, writer, err) == 0 ? 1 : -1;
}

static int read_output(const struct bd_child *child, bd_progress_report progress, struct bd_sealed_writer *writer,
		       struct bd_inside_mounts *mounts_out, struct bd_error *err)
{
	const struct bd_archive_filter filter = { .take = take_entry, .context = mounts_out };

	if (bd_guestfish_mounts_read(child->output_fd, mounts_out, err) != 0)
		return bd_wrap(err, "guestfish");
	return bd_source_archive_filtered(child->output_fd, "what guestfish reads of it", &filter, progress, writer,
					  err);
}

static int import(const char *path, bd_progress_report progress, struct bd_sealed_writer *writer,
		  struct bd_inside_mounts *mounts_out, struct bd_error *err)
{
	BD_DISPOSE(bd_child_dispose) struct bd_child child = BD_CHILD_INIT;
	struct bd_error failure = BD_ERROR_INIT;

	if (start(path, &child, err) != 0)
		return -1;
	bd_progress_stage("reading the disk by guestfish", 0);
	/* Its first bytes may be a minute away. */
	if (bd_child_wait_output(&child, NULL, NULL, err) != 0)
		return -1;
	int r = read_output(&child, progress, writer, mounts_out, err);
	if (r != 0 && (err->kind == BD_KIND_CANCELED || !bd_child_at_end(&child)))
		return -1;
	/* Of an archive that ends early it knows the reason. */
	if (finish(&child, &failure) == 0)
		return r;
	*err = failure;
	return -1;
}

int bd_guestfish_import(const struct bd_raw_disk *raw, int source_fd, bd_progress_report progress,
			struct bd_sealed_writer *writer, struct bd_inside_mounts *mounts_out, struct bd_error *err)
{
	char path[PATH_MAX];

	if (bd_source_check_unused(source_fd, err) != 0)
		return -1;
	{
		BD_DISPOSE(bd_scratch_dispose) struct bd_scratch scratch = BD_SCRATCH_INIT;
		if (make_path(raw, &scratch, path, err) != 0 || import(path, progress, writer, mounts_out, err) != 0)
			return -1;
	}
	return bd_source_check_unused(source_fd, err);
}
