/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sqfs2tar of squashfs-tools-ng, confined, makes a tar archive of it, which is read as any other. */
#include "import/archive/source_squashfs.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/process/run.h"
#include "base/text.h"
#include "import/archive/source_archive.h"
#include "sandbox/program.h"

#define LOG_LINES_MAX 1000u

static int start(const struct bd_program *program, const char *path, struct bd_child *child, struct bd_error *err)
{
	/* Without a name for it, the root directory's owner, mode and attributes would be lost. */
	const char *const argv[] = { "sqfs2tar", "--root-becomes", ".", path, NULL };

	const struct bd_run run = bd_program_run(argv, program);
	if (bd_child_start_run(&run, child, err) == 0)
		return 0;
	return err->code == ENOPKG
		       ? bd_fail(err, ENOPKG,
				 "a squashfs is read by sqfs2tar, which is not installed (Debian: apt-get "
				 "install squashfs-tools-ng)")
		       : -1;
}

static int finish(struct bd_child *child, const char *path, struct bd_error *err)
{
	return bd_child_finish(child, err) == 0 ? 0 : bd_program_fail_reading("sqfs2tar", path, err);
}

/* What it leaves out, it says, and ends as if nothing were missing. */
static int check_log(const struct bd_child *child, const char *what, struct bd_error *err)
{
	BD_FREE char *log = bd_child_log_tail(child, LOG_LINES_MAX);
	unsigned skipped = 0, sockets = 0, lines = 0;
	const char *reason = "";
	char *rest = NULL;

	for (char *line = log ? strtok_r(log, "\r\n", &rest) : NULL; line; line = strtok_r(NULL, "\r\n", &rest)) {
		bool is_socket = bd_text_ends_in(line, ": cannot pack socket");
		lines++;
		sockets += is_socket;
		skipped += strncmp(line, "Skipping ", 9) == 0;
		if (!is_socket && strncmp(line, "Skipping ", 9) != 0)
			reason = line;
	}
	if (*reason || skipped != sockets || lines >= LOG_LINES_MAX) {
		BD_FREE char *shown = bd_printable(*reason ? reason : "it has too many sockets");
		return bd_fail(err, ENOTSUP, "sqfs2tar leaves something out: %.300s", shown ? shown : "");
	}
	if (sockets)
		bd_warn("%s: %u sockets were left out: tar archives cannot store them", what, sockets);
	return 0;
}

int bd_source_squashfs(int fd, const char *what, bd_progress_report progress, struct bd_sealed_writer *writer,
		       struct bd_error *err)
{
	BD_DISPOSE(bd_child_dispose) struct bd_child child = BD_CHILD_INIT;
	const struct bd_program program = { .read_fd = fd, .write_fd = -1 };
	struct bd_error failure = BD_ERROR_INIT;
	char path[BD_PROGRAM_PATH_SIZE];
	struct stat there;

	if (fstat(fd, &there) != 0)
		return bd_fail_errno(err, "cannot import %s", what);
	bd_program_path(fd, path);
	if (start(&program, path, &child, err) != 0)
		return bd_wrap(err, "cannot import %s", what);
	if (S_ISREG(there.st_mode))
		bd_sealed_writer_set_packed(writer, (uint64_t)there.st_size);
	bd_progress_stage("unpacking the squashfs", 0);
	int r = bd_source_archive(child.output_fd, what, false, progress, writer, err);
	if (r != 0 && (err->kind == BD_KIND_CANCELED || !bd_child_at_end(&child)))
		return -1;
	if (finish(&child, path, &failure) != 0 || (r == 0 && check_log(&child, what, &failure) != 0)) {
		*err = failure;
		return err->kind == BD_KIND_CANCELED ? -1 : bd_wrap(err, "cannot import %s", what);
	}
	return r;
}
