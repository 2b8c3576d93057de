/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Collects new files by their paths, and writes what they are to be labelled with. */
#include "inside/change/new_labels.h"

#include <errno.h>
#include <limits.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "ext3/change/create.h"
#include "ext3/change/names.h"
#include "ext3/reader/directory.h"
#include "ext3/reader/root.h"
#include "ext3/selinux_label.h"
#include "sandbox/sandbox.h"
#include "selinux/autorelabel.h"

#define PIECE_BYTES ((size_t)256 << 10)

/* The path of a directory: finding it takes a walk up to the root. */
struct directory {
	ext2_ino_t number;
	char *path; /* owned; "" of the root */
};

static int compare_directories(const void *one, const void *other)
{
	ext2_ino_t a = ((const struct directory *)one)->number, b = ((const struct directory *)other)->number;

	return (a > b) - (a < b);
}

static void free_directory(void *item)
{
	struct directory *directory = item;

	free(directory->path);
	free(directory);
}

void bd_new_labels_dispose(struct bd_new_labels *labels)
{
	for (size_t i = 0; i < labels->count; i++)
		free(labels->files[i].path);
	free(labels->files);
	tdestroy(labels->directories, free_directory);
	bd_selinux_policy_dispose(&labels->policy);
	*labels = (struct bd_new_labels){ 0 };
}

int bd_new_labels_start(struct bd_new_labels *labels, ext2_filsys fs, struct bd_error *err)
{
	const struct bd_ext3_root root = { .fs = fs };
	const struct bd_root_reader reader = bd_ext3_root_reader(&root);
	struct bd_error cause = BD_ERROR_INIT;

	labels->fs = fs;
	int r = bd_selinux_policy_read(&reader, &labels->policy, &cause);
	if (r != 0 && cause.code != EFBIG)
		return bd_fail_as(err, &cause, "cannot read its SELinux policy: %s", cause.message);
	labels->unreadable = cause;
	return r == 0 && !labels->policy.contexts ? 0 : bd_selinux_has_labels(&reader, &labels->active, err);
}

/* --- which files are new ------------------------------------------------------------------------------------------ */

/* *path_out is borrowed. */
static int remember_directory(struct bd_new_labels *labels, ext2_ino_t number, char *path, const char **path_out,
			      struct bd_error *err)
{
	struct directory *directory = malloc(sizeof(*directory));

	if (!path || !directory) {
		free(path);
		free(directory);
		return bd_no_memory(err);
	}
	*directory = (struct directory){ number, path };
	struct directory **kept = tsearch(directory, &labels->directories, compare_directories);
	if (!kept) {
		free_directory(directory);
		return bd_no_memory(err);
	}
	if (*kept != directory) { /* its number was another one's, which is gone */
		free((*kept)->path);
		(*kept)->path = path;
		free(directory);
	}
	*path_out = (*kept)->path;
	return 0;
}

static int find_directory(struct bd_new_labels *labels, ext2_ino_t number, const char **path_out,
			  struct bd_error *err)
{
	const struct directory key = { .number = number };
	struct directory **kept = tfind(&key, &labels->directories, compare_directories);
	char *path;

	if (kept) {
		*path_out = (*kept)->path;
		return 0;
	}
	if (bd_ext_dir_path(labels->fs, number, &path, err) != 0)
		return -1;
	return remember_directory(labels, number, path, path_out, err);
}

int bd_new_labels_add(struct bd_new_labels *labels, ext2_ino_t directory, const char *name, ext2_ino_t number,
		      mode_t mode, struct bd_error *err)
{
	BD_FREE char *path = NULL;
	const char *folder;

	if (!labels->active)
		return 0;
	if (bd_array_reserve(labels->files, labels->capacity, labels->count + 1, err) != 0 ||
	    find_directory(labels, directory, &folder, err) != 0 ||
	    bd_text_format(&path, err, "%s/%s", folder, name) != 0 ||
	    (S_ISDIR(mode) && remember_directory(labels, number, strdup(path), &folder, err) != 0))
		return -1;
	labels->files[labels->count++] = (struct bd_new_file){ number, mode, bd_take_ptr(path) };
	return 0;
}

void bd_new_labels_forget(struct bd_new_labels *labels, ext2_ino_t number)
{
	for (size_t i = labels->count; i-- > 0;)
		if (labels->files[i].number == number) {
			labels->files[i].number = 0;
			return;
		}
}

/* --- asking, and writing ------------------------------------------------------------------------------------------ */

static int send_question(struct bd_new_labels *labels, struct bd_frame_writer *writer, struct bd_error *err)
{
	const char *contexts = labels->policy.contexts;
	size_t size = strlen(contexts);

	for (size_t at = 0; at < size; at += PIECE_BYTES) {
		bd_frame_begin(writer, BD_FRAME_POLICY);
		bd_frame_put_bytes(writer, contexts + at, size - at < PIECE_BYTES ? size - at : PIECE_BYTES);
		bd_frame_end(writer);
	}
	for (size_t i = 0; i < labels->count; i++) {
		BD_FREE char *known = NULL;
		if (bd_selinux_policy_alias(&labels->policy, labels->files[i].path, &known, err) != 0)
			return -1;
		bd_frame_begin(writer, BD_FRAME_NEW_FILE);
		bd_frame_put32(writer, labels->files[i].mode & S_IFMT);
		bd_frame_put_text(writer, known);
		bd_frame_end(writer);
	}
	return 0;
}

static int write_label(const struct bd_new_labels *labels, const struct bd_new_file *file, char *text,
		       struct bd_error *err)
{
	/* The kernel's value ends in a NUL. */
	const struct bd_selinux_label label = { text, strlen(text) + 1 };

	if (!file->number || !*text)
		return 0;
	return bd_selinux_label_write(labels->fs, file->number, &label, err) == 0 ? 0
										  : bd_wrap(err, "%s", file->path);
}

/* So many labels, from the first of files on. */
static int write_labels(const struct bd_new_labels *labels, const struct bd_new_file *files, size_t count, char *text,
			size_t size, struct bd_error *err)
{
	for (size_t i = 0, at = 0; i < count && at < size; i++, at += strlen(text + at) + 1)
		if (write_label(labels, &files[i], text + at, err) != 0)
			return -1;
	return 0;
}

static int leave_to_guest(struct bd_changer *changer, struct bd_error *err)
{
	const struct bd_file_meta meta = { .mode = S_IFREG | 0644,
					   .mtime_s = changer->now_s,
					   .atime_s = changer->now_s };
	const char *name = BD_SELINUX_AUTORELABEL + 1;
	ext2_ino_t number;

	if (bd_name_find(changer, EXT2_ROOT_INO, name, &number, err) != 0)
		return -1;
	return number ? 0 : bd_file_create(changer, EXT2_ROOT_INO, name, &meta, &number, err);
}

/* 1: nobody could be asked. */
static int take_answers(struct bd_new_labels *labels, struct bd_frame_writer *writer, struct bd_error *err)
{
	for (size_t done = 0; done < labels->count;) {
		struct bd_label_answer answer;
		char text[PIPE_BUF + 1];
		bd_frame_begin(writer, BD_FRAME_LABEL_WANTED);
		bd_frame_end(writer);
		bd_frame_flush(writer);
		if (!bd_sandbox_receive(&answer, sizeof(answer)))
			return bd_fail(err, EPIPE, "internal error: no labels have come");
		if (answer.count == BD_LABEL_NOT_KNOWN)
			return 1;
		if (!answer.count || answer.count > labels->count - done || answer.size_bytes >= sizeof(text) ||
		    !bd_sandbox_receive(text, answer.size_bytes))
			return bd_fail(err, EINVAL, "internal error: labels that were not asked for");
		text[answer.size_bytes] = '\0';
		if (write_labels(labels, labels->files + done, answer.count, text, answer.size_bytes, err) != 0)
			return -1;
		done += answer.count;
	}
	return 0;
}

int bd_new_labels_finish(struct bd_new_labels *labels, struct bd_changer *changer, struct bd_frame_writer *writer,
			 struct bd_error *err)
{
	if (!labels->count)
		return 0;
	if (labels->unreadable.code) {
		bd_frame_error(writer, BD_FRAME_PROBLEM, &labels->unreadable);
		return leave_to_guest(changer, err);
	}
	if (send_question(labels, writer, err) != 0)
		return -1;
	int r = take_answers(labels, writer, err);
	return r > 0 ? leave_to_guest(changer, err) : r;
}
