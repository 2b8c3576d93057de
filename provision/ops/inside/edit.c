/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A private directory with one file, an editor, and a comparison. */
#include "ops/inside/edit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/process/cancel.h"
#include "base/process/run.h"
#include "inside/read_file.h"
#include "ops/image/place.h"
#include "ops/inside/change.h"

#define FILE_BYTES_MAX (64u << 20)

/* The copy, under its own last name, by which editors know its syntax. */
struct copy {
	char *folder, *path; /* owned; removed on disposal unless they are to be kept */
	bool keep;
};

static void copy_dispose(struct copy *copy)
{
	if (copy->path && !copy->keep)
		unlink(copy->path);
	if (copy->folder && !copy->keep)
		rmdir(copy->folder); /* an editor's own leftovers stay */
	free(copy->path);
	free(copy->folder);
}

static int make_copy(const char *path, const char *text, size_t size, struct copy *copy, struct bd_error *err)
{
	const char *directory = secure_getenv("TMPDIR"), *slash = strrchr(path, '/');

	if (asprintf(&copy->folder, "%s/xen-bigdisk-edit-XXXXXX", directory && *directory ? directory : "/tmp") < 0) {
		copy->folder = NULL;
		return bd_no_memory(err);
	}
	if (!mkdtemp(copy->folder)) {
		bd_fail_errno(err, "cannot create the directory %s", copy->folder);
		free(copy->folder);
		copy->folder = NULL;
		return -1;
	}
	if (asprintf(&copy->path, "%s/%s", copy->folder, slash ? slash + 1 : path) < 0) {
		copy->path = NULL;
		return bd_no_memory(err);
	}
	BD_CLOSE int fd = open(copy->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return bd_fail_errno(err, "cannot create %s", copy->path);
	return bd_pwrite_all(fd, text, size, 0, "cannot write the copy", err);
}

/* As git(1) and others do it: the variable may have options in it. */
static _Noreturn void become_editor(const char *editor, char *path)
{
	BD_FREE char *command = NULL;

	if (asprintf(&command, "%s \"$@\"", editor) >= 0) {
		bd_cancel_restore_ignored();
		execl("/bin/sh", "sh", "-c", command, editor, path, (char *)NULL);
	}
	_exit(127);
}

/* Without a wish in the environment the one of the user or the system, as Debian's policy has it (11.4). NULL: there is none. */
static const char *choose_editor(void)
{
	static const char *const variables[] = { "VISUAL", "EDITOR" };
	static const char *const programs[] = { "sensible-editor", "editor", "vi" };
	char path[PATH_MAX];
	struct bd_error ignored;

	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++) {
		const char *value = secure_getenv(variables[i]);
		if (value && *value)
			return value;
	}
	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++)
		if (bd_find_program(programs[i], path, sizeof(path), &ignored) == 0)
			return programs[i];
	return NULL;
}

/* The terminal is the editor's until it ends. */
static int run_editor(char *path, struct bd_error *err)
{
	const char *editor = choose_editor();
	int status;

	if (!editor)
		return bd_fail(err, ENOPKG, "there is no editor: install one, or name one in $EDITOR");
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0)
		become_editor(editor, path);
	if (pid < 0)
		return bd_fail_errno(err, "cannot start the editor");
	if (TEMP_FAILURE_RETRY(waitpid(pid, &status, 0)) < 0)
		return bd_fail_errno(err, "cannot wait for the editor");
	if (bd_cancel_check(err) != 0)
		return -1;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return bd_fail(err, ECHILD, "the editor \"%s\" failed, and nothing was changed", editor);
}

static int write_back(const struct image_place *place, const char *text, size_t size, struct copy *copy,
		      struct bd_error *err)
{
	const struct bd_change change = {
		.kind = BD_CHANGE_CONTENT, .path = *place->path ? place->path : "/", .data = text, .data_bytes = size
	};

	if (inside_change(place, &change, 1, false, NULL, err) == 0)
		return 0;
	copy->keep = true;
	return bd_wrap(err, "%s was not changed, and the edited copy is in %s", place->image, copy->path);
}

int inside_edit(const char *text, const char *dir, bool *changed_out, struct bd_error *err)
{
	BD_DISPOSE(image_place_dispose) struct image_place place = IMAGE_PLACE_INIT;
	BD_DISPOSE(copy_dispose) struct copy copy = { 0 };
	BD_FREE char *before = NULL;
	BD_FREE char *after = NULL;
	size_t before_size, after_size;

	*changed_out = false;
	if (inside_change_open(text, dir, &place, err) != 0 ||
	    bd_inside_read_file(place.fd, place.partition, place.path, FILE_BYTES_MAX, &before, &before_size, err) !=
		    0 ||
	    make_copy(place.path, before, before_size, &copy, err) != 0 || run_editor(copy.path, err) != 0 ||
	    bd_read_file(copy.path, FILE_BYTES_MAX, &after, &after_size, err) != 0)
		return -1;
	if (after_size == before_size && memcmp(before, after, before_size) == 0)
		return 0;
	*changed_out = true;
	return write_back(&place, after, after_size, &copy, err);
}
