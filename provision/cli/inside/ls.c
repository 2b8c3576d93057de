/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `ls`: files and directories inside an image. */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/printable.h"
#include "cli/dir_option.h"
#include "cli/inside/read.h"

struct ls_options {
	const char *dir;
	bool all, directory, json, long_lines, recursive;
};

#define LINES_MAX 10000000u /* a filesystem with directories in circles has no end */

#define AT(member) offsetof(struct ls_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_FLAG, "all", NULL, "names that begin with a dot, too", AT(all) },
	{ BD_OPTION_FLAG, "directory", NULL, "directories themselves, not what is in them", AT(directory) },
	{ BD_OPTION_FLAG, "long", NULL, "mode, links, owner, group, size and time of each", AT(long_lines) },
	{ BD_OPTION_FLAG, "recursive", NULL, "directories below directories, too", AT(recursive) },
	DIR_OPTION_ROW(struct ls_options),
	{ BD_OPTION_FLAG, "json", NULL, "print a JSON object on stdout", AT(json) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

/* A line that waits until the others of its directory are known. */
struct line {
	char *path; /* owned */
	char *text; /* what stands before the name; owned */
	char *target; /* of a symbolic link; owned, or NULL */
	size_t directory_size; /* of the path's directory */
};

struct ls {
	const struct inside_reader *reader; /* borrowed */
	const struct ls_options *options;
	struct bd_json *json; /* NULL: a list for people */
	struct line *lines;
	size_t count;
	char *named; /* what the argument, or a match of its pattern, names: its entries follow */
	bool named_is_directory;
	bool titles; /* each directory's entries have a title */
	bool began; /* something has been printed */
};

static void ls_forget(struct ls *ls)
{
	for (size_t i = 0; i < ls->count; i++) {
		free(ls->lines[i].path);
		free(ls->lines[i].text);
		free(ls->lines[i].target);
	}
	free(ls->lines);
	ls->lines = NULL;
	ls->count = 0;
}

static void ls_dispose(struct ls *ls)
{
	ls_forget(ls);
	free(ls->named);
	bd_json_free(&ls->json);
}

static char *format_entry(const struct ls *ls, const struct bd_stream_entry *entry)
{
	const struct bd_file_meta *meta = &entry->meta;
	char mode[11], time[32], size[32], *text = NULL;

	if (!ls->options->long_lines)
		return strdup("");
	image_format_mode(meta->mode, mode);
	image_format_time(meta->mtime_s, time);
	if (S_ISCHR(meta->mode) || S_ISBLK(meta->mode))
		snprintf(size, sizeof(size), "%" PRIu32 ", %" PRIu32, meta->rdev_major, meta->rdev_minor);
	else
		snprintf(size, sizeof(size), "%" PRIu64, image_size_bytes(meta));
	return asprintf(&text, "%s%c%2" PRIu32 " %5" PRIu32 " %5" PRIu32 " %10s %s ", mode,
			bd_stream_entry_has_acl(entry) ? '+' : ' ', entry->links, meta->uid, meta->gid, size,
			time) < 0
		       ? NULL
		       : text;
}

/* Directories in the order in which one walks them, each before those below it: "/" sorts before all else. */
static int compare_directories(const struct line *one, const struct line *other)
{
	for (size_t i = 0; i < one->directory_size && i < other->directory_size; i++) {
		unsigned char a = (unsigned char)one->path[i], b = (unsigned char)other->path[i];
		if (a != b)
			return (a == '/' ? 0 : a) - (b == '/' ? 0 : b);
	}
	return (one->directory_size > other->directory_size) - (one->directory_size < other->directory_size);
}

static int compare_lines(const void *left, const void *right)
{
	const struct line *one = left, *other = right;
	int r = compare_directories(one, other);

	return r ? r : strcmp(one->path + one->directory_size, other->path + other->directory_size);
}

static void print_line(const struct line *line, const char *name)
{
	image_print_path(line->text, name, line->target);
}

static void print_title(struct ls *ls, const char *path, size_t size)
{
	if (ls->titles)
		bd_print(stdout, "%s%s%.*s:\n", ls->began ? "\n" : "", inside_prefix(ls->reader),
			 size ? (int)size : 1, path);
	ls->began = true;
}

/* What has been collected of the directory that was named. */
static int flush(struct ls *ls)
{
	if (ls->count > 1)
		qsort(ls->lines, ls->count, sizeof(*ls->lines), compare_lines);
	if (ls->named_is_directory && !ls->count && !ls->json)
		print_title(ls, ls->named, strlen(ls->named));
	for (size_t i = 0; i < ls->count; i++) {
		const struct line *line = &ls->lines[i];
		if (i == 0 || compare_directories(line - 1, line) != 0)
			print_title(ls, line->path, line->directory_size);
		print_line(line, line->path + line->directory_size + 1);
	}
	ls_forget(ls);
	return ferror(stdout);
}

static int add_line(struct ls *ls, const struct bd_stream_entry *entry, struct bd_error *err)
{
	if (ls->count >= LINES_MAX)
		return bd_fail(err, EFBIG, "more than %u files are to be listed at once; use find", LINES_MAX);
	if (bd_array_grow(ls->lines, ls->count, err) != 0)
		return -1;
	struct line *line = &ls->lines[ls->count++];
	const char *slash = strrchr(entry->path, '/');
	*line = (struct line){ .path = strdup(entry->path),
			       .text = format_entry(ls, entry),
			       .directory_size = slash ? (size_t)(slash - entry->path) : 0 };
	bool is_link = S_ISLNK(entry->meta.mode) && ls->options->long_lines;
	if (is_link)
		line->target = strdup(entry->meta.target);
	return line->path && line->text && (!is_link || line->target) ? 0 : bd_no_memory(err);
}

/* A file is printed as it was named. */
static int print_named(struct ls *ls, const struct bd_stream_entry *entry, struct bd_error *err)
{
	if (add_line(ls, entry, err) != 0)
		return -1;
	struct line *line = &ls->lines[0];
	char *text = NULL;
	if (asprintf(&text, "%s%s", line->text, inside_prefix(ls->reader)) < 0)
		return bd_no_memory(err);
	free(line->text);
	line->text = text;
	print_line(line, line->path);
	ls->began = true;
	ls_forget(ls);
	return 0;
}

static bool is_hidden(const struct ls *ls, const char *path)
{
	for (const char *at = path + strlen(ls->named); !ls->options->all && *at; at++)
		if (at[0] == '.' && at[-1] == '/')
			return true;
	return false;
}

static int take_entry(void *context, const struct bd_stream_entry *entry, struct bd_error *err)
{
	struct ls *ls = context;
	bool below = ls->named && ls->named_is_directory && image_is_below(entry->path, ls->named);

	if (below && is_hidden(ls, entry->path))
		return 0;
	if (!below) {
		flush(ls);
		free(ls->named);
		ls->named = strdup(entry->path);
		if (!ls->named)
			return bd_no_memory(err);
		ls->named_is_directory = S_ISDIR(entry->meta.mode) && !ls->options->directory;
		if (ls->named_is_directory)
			return 0;
	}
	if (ls->json) {
		image_put_json(ls->json, entry);
		return 0;
	}
	return below ? add_line(ls, entry, err) : print_named(ls, entry, err);
}

static int end_argument(void *context, struct bd_error *err)
{
	struct ls *ls = context;
	(void)err;
	flush(ls);
	free(ls->named);
	ls->named = NULL;
	ls->named_is_directory = false;
	return 0;
}

static int run_ls(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct ls_options *options = options_pointer;
	BD_DISPOSE(ls_dispose) struct ls ls = { .options = options, .json = options->json ? bd_json_begin() : NULL };
	BD_DISPOSE(inside_reader_dispose)
	struct inside_reader reader = {
		.request = { .depth = options->directory   ? 0
				      : options->recursive ? BD_INSIDE_ALL
							   : 1,
			     .follow = !options->long_lines && !options->directory },
		.entry = take_entry,
		.end = end_argument,
		.context = &ls,
	};

	ls.reader = &reader;
	ls.titles = options->recursive || arguments[1] || strpbrk(arguments[0], "*?[");
	return inside_read_json(&reader, ls.json, "entries", arguments, options->dir, err);
}

const struct bd_command bd_command_ls = {
	.name = "ls",
	.arguments = "GUEST:/PATH|IMAGE:/PATH...",
	.summary = "list files inside a guest's disk or an image",
	.description =
		"Lists directories, and files that are named, in the order of their bytes. Owners are numbers, as the "
		"guest's are not this host's." IMAGE_READ_TEXT,
	.examples = "xen-bigdisk ls web01:/etc\twhat is in /etc of web01\n"
		    "xen-bigdisk ls -l 'web01:/var/log/*.log'\tpatterns are the program's own\n"
		    "xen-bigdisk ls disk.img@2:/\tthe second partition of an image\n",
	.statuses = "4",
	.options = option_table,
	.options_size = sizeof(struct ls_options),
	.run = run_ls,
};
