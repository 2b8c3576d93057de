/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks a directory of the host. It goes from open directory to open directory, so that no path is too long and no
 * symlink is followed, and keeps only the innermost ones open. */
#include "import/directory/source_directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/printable.h"
#include "base/process/cancel.h"
#include "import/directory/host_content.h"
#include "import/directory/host_file.h"
#include "import/first_names.h"

#define OPEN_MAX_FOLDERS 32

/* A folder on the way down. */
struct level {
	int fd; /* -1: closed for now */
	struct statx stat;
	char *arena, **names; /* names of its files, sorted, in the arena */
	size_t count, next;
	size_t path_size; /* of its own path */
};

struct walk {
	struct level *levels;
	size_t depth;
	char *path; /* of the entry at hand, from the top */
	size_t path_capacity;
	struct bd_first_names links;
	struct bd_sealed_writer *writer;
	bd_progress_report progress;
	uint64_t bytes_done;
};

static void drop_level(struct level *level)
{
	if (level->fd >= 0)
		close(level->fd);
	free(level->arena);
	free(level->names);
	*level = (struct level){ .fd = -1 };
}

static void dispose_walk(struct walk *walk)
{
	while (walk->depth > 0)
		drop_level(&walk->levels[--walk->depth]);
	free(walk->levels);
	free(walk->path);
	bd_first_names_dispose(&walk->links);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All names into the arena, one behind the other. */
static int collect_names(DIR *folder, struct level *level, struct bd_error *err)
{
	size_t used = 0, capacity = 0;
	struct dirent *entry;

	for (errno = 0; (entry = readdir(folder)); errno = 0) {
		size_t size = strlen(entry->d_name) + 1;
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (bd_array_reserve(level->arena, capacity, used + size, err) != 0)
			return -1;
		memcpy(level->arena + used, entry->d_name, size);
		used += size;
		level->count++;
	}
	return errno ? bd_fail_errno(err, "cannot read the directory") : 0;
}

static int read_names(struct level *level, struct bd_error *err)
{
	int fd = bd_host_open(level->fd, ".", &level->stat, err);
	if (fd < 0)
		return -1;
	DIR *folder = fdopendir(fd);

	if (!folder) {
		bd_fail_errno(err, "cannot read the directory");
		close(fd);
		return -1;
	}
	int r = collect_names(folder, level, err);
	closedir(folder);
	if (r != 0)
		return -1;
	level->names = calloc(level->count + 1, sizeof(*level->names));
	if (!level->names)
		return bd_no_memory(err);
	char *name = level->arena;
	for (size_t i = 0; i < level->count; i++, name += strlen(name) + 1)
		level->names[i] = name;
	qsort(level->names, level->count, sizeof(*level->names), compare);
	return 0;
}

/* Takes over the descriptor of a directory that has been added to the template. */
static int enter(struct walk *walk, int fd, const struct statx *stat, struct bd_error *err)
{
	if (bd_array_grow(walk->levels, walk->depth, err) != 0) {
		close(fd);
		return -1;
	}
	if (walk->depth >= OPEN_MAX_FOLDERS) {
		struct level *outer = &walk->levels[walk->depth - OPEN_MAX_FOLDERS];
		if (outer->fd >= 0)
			close(outer->fd);
		outer->fd = -1;
	}
	struct level *level = &walk->levels[walk->depth++];
	*level = (struct level){ .fd = fd, .stat = *stat, .path_size = strlen(walk->path) };
	return read_names(level, err);
}

/* Back to the folder around it, which is opened again when it was closed. */
static int leave(struct walk *walk, struct bd_error *err)
{
	struct level *inner = &walk->levels[walk->depth - 1], *outer = inner - 1;

	if (walk->depth > 1 && outer->fd < 0) {
		outer->fd = bd_host_open(inner->fd, "..", &outer->stat, err);
		if (outer->fd < 0)
			return -1;
	}
	drop_level(inner);
	walk->depth--;
	return 0;
}

static int set_path(struct walk *walk, const struct level *level, const char *name, struct bd_error *err)
{
	size_t size = level->path_size + strlen(name) + 2;

	if (bd_array_reserve(walk->path, walk->path_capacity, size, err) != 0)
		return -1;
	char *end = walk->path + level->path_size;
	if (level->path_size)
		*end++ = '/';
	strcpy(end, name);
	return 0;
}

static void count_bytes(void *context, uint64_t bytes)
{
	struct walk *walk = context;

	walk->bytes_done += bytes;
	if (walk->progress)
		walk->progress(walk->bytes_done);
}

/* What is below a mount point is not this filesystem's: an empty file or folder stands for it. */
static int add_file(struct walk *walk, const struct level *level, const char *name, struct statx *stat,
		    struct bd_error *err)
{
	BD_DISPOSE(bd_host_meta_dispose) struct bd_host_meta meta = { 0 };
	bool is_mount = bd_host_is_mount(&level->stat, stat), is_dir = S_ISDIR(stat->stx_mode);
	BD_CLOSE int fd = -1;
	BD_FREE char *first = NULL;

	if (is_mount && S_ISREG(stat->stx_mode))
		stat->stx_size = 0;
	if (!is_dir && stat->stx_nlink > 1 && !is_mount &&
	    bd_first_names_visit(&walk->links, (uint64_t)stat->stx_dev_major << 32 | stat->stx_dev_minor,
				 stat->stx_ino, stat->stx_nlink, walk->path, &first, err) != 0)
		return -1;
	if (first)
		return bd_sealed_writer_link(walk->writer, walk->path, first, err);
	if (!is_mount && (is_dir || S_ISREG(stat->stx_mode)) && (fd = bd_host_open(level->fd, name, stat, err)) < 0)
		return -1;
	if (bd_host_read_meta(level->fd, name, fd, stat, &meta, err) != 0 ||
	    bd_sealed_writer_add(walk->writer, walk->path, &meta.meta, err) != 0)
		return -1;
	if (fd >= 0 && is_dir)
		return enter(walk, bd_take_fd(&fd), stat, err);
	if (fd >= 0 && stat->stx_size > 0)
		return bd_host_read_content(fd, stat, count_bytes, walk, walk->writer, err);
	return 0;
}

static int add_next(struct walk *walk, struct bd_error *err)
{
	/* The level may move when another one is entered. */
	struct level *level = &walk->levels[walk->depth - 1];
	const char *name = level->names[level->next++];
	struct statx stat;

	if (bd_cancel_check(err) != 0 || set_path(walk, level, name, err) != 0)
		return -1;
	if (bd_host_stat(level->fd, name, &stat, err) == 0) {
		struct level copy = *level;
		if (add_file(walk, &copy, name, &stat, err) == 0)
			return 0;
	}
	return bd_wrap_entry(err, "", walk->path);
}

static int begin(struct walk *walk, const char *path, struct bd_error *err)
{
	BD_DISPOSE(bd_host_meta_dispose) struct bd_host_meta meta = { 0 };
	BD_CLOSE int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statx stat;

	if (fd < 0)
		return errno == EACCES ? bd_fail(err, EACCES, "no permission to read it; run as root")
				       : bd_fail_lookup(err, "cannot open it");
	walk->path = calloc(1, 1);
	walk->path_capacity = 1;
	if (!walk->path)
		return bd_no_memory(err);
	if (bd_host_stat(fd, "", &stat, err) != 0 || bd_host_read_meta(fd, "", fd, &stat, &meta, err) != 0 ||
	    bd_sealed_writer_add(walk->writer, ".", &meta.meta, err) != 0)
		return -1;
	return enter(walk, bd_take_fd(&fd), &stat, err);
}

int bd_source_directory(const char *path, bd_progress_report progress, struct bd_sealed_writer *writer,
			struct bd_error *err)
{
	BD_DISPOSE(dispose_walk) struct walk walk = { .writer = writer, .progress = progress };

	int r = begin(&walk, path, err);
	while (r == 0 && walk.depth > 0) {
		const struct level *level = &walk.levels[walk.depth - 1];
		r = level->next < level->count ? add_next(&walk, err) : leave(&walk, err);
	}
	if (r == 0 || err->kind == BD_KIND_CANCELED)
		return r;
	return bd_wrap(err, "cannot import %s", path);
}
