/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `du`: how much room files inside an image take. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/printable.h"
#include "cli/dir_option.h"
#include "cli/inside/read.h"

struct du_options {
	const char *dir;
	bool bytes, json;
};

#define AT(member) offsetof(struct du_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_FLAG, "bytes", NULL, "print bytes, not KiB, MiB and so on", AT(bytes) },
	DIR_OPTION_ROW(struct du_options),
	{ BD_OPTION_FLAG, "json", NULL, "print a JSON object on stdout", AT(json) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

/* A file of several names, which counts once. */
struct linked {
	uint64_t inode, allocated_bytes;
};

struct du {
	const struct inside_reader *reader; /* borrowed */
	const struct du_options *options;
	struct bd_json *json;
	char *path; /* of the sum at hand; owned; NULL: none */
	uint64_t allocated_bytes, size_bytes, files;
	struct linked *linked;
	size_t linked_count;
};

static void du_dispose(struct du *du)
{
	free(du->path);
	free(du->linked);
	bd_json_free(&du->json);
}

static int compare_inodes(const void *left, const void *right)
{
	const struct linked *one = left, *other = right;
	return (one->inode > other->inode) - (one->inode < other->inode);
}

static void add_linked(struct du *du)
{
	if (du->linked_count > 1)
		qsort(du->linked, du->linked_count, sizeof(*du->linked), compare_inodes);
	for (size_t i = 0; i < du->linked_count; i++)
		if (i == 0 || du->linked[i].inode != du->linked[i - 1].inode)
			du->allocated_bytes += du->linked[i].allocated_bytes;
}

static int end_sum(void *context, struct bd_error *err)
{
	struct du *du = context;
	char size[32];
	(void)err;

	if (!du->path)
		return 0;
	add_linked(du);
	if (du->json) {
		bd_json_open_object(du->json, NULL);
		bd_json_string(du->json, "path", du->path);
		bd_json_uint(du->json, "allocated_bytes", du->allocated_bytes);
		bd_json_uint(du->json, "size_bytes", du->size_bytes);
		bd_json_uint(du->json, "files", du->files);
		bd_json_close_object(du->json);
	} else {
		bd_format_size(du->allocated_bytes, size, sizeof(size));
		if (du->options->bytes)
			snprintf(size, sizeof(size), "%" PRIu64, du->allocated_bytes);
		bd_print(stdout, "%10s  %s%s\n", size, inside_prefix(du->reader), du->path);
	}
	free(du->path);
	free(du->linked);
	*du = (struct du){ .reader = du->reader, .options = du->options, .json = du->json };
	return 0;
}

static int take_entry(void *context, const struct bd_stream_entry *entry, struct bd_error *err)
{
	struct du *du = context;

	if (!du->path || !image_is_below(entry->path, du->path)) {
		end_sum(du, err);
		du->path = strdup(entry->path);
		if (!du->path)
			return bd_no_memory(err);
	}
	du->files++;
	if (S_ISREG(entry->meta.mode))
		du->size_bytes += entry->meta.size_bytes;
	if (entry->links <= 1 || S_ISDIR(entry->meta.mode)) {
		du->allocated_bytes += entry->allocated_bytes;
		return 0;
	}
	if (bd_array_grow(du->linked, du->linked_count, err) != 0)
		return -1;
	du->linked[du->linked_count++] = (struct linked){ entry->inode, entry->allocated_bytes };
	return 0;
}

static int run_du(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct du_options *options = options_pointer;
	BD_DISPOSE(du_dispose) struct du du = { .options = options, .json = options->json ? bd_json_begin() : NULL };
	BD_DISPOSE(inside_reader_dispose)
	struct inside_reader reader = {
		.request = { .depth = BD_INSIDE_ALL },
		.entry = take_entry,
		.end = end_sum,
		.context = &du,
	};

	du.reader = &reader;
	return inside_read_json(&reader, du.json, "sums", arguments, options->dir, err);
}

const struct bd_command bd_command_du = {
	.name = "du",
	.arguments = "GUEST:/PATH|IMAGE:/PATH...",
	.summary = "sum up disk usage inside a guest's disk or an image",
	.description =
		"Prints how much room on the guest's disk each path takes with all that is below it: the blocks that "
		"are allocated, as du -s does. Files of several names count once." IMAGE_READ_TEXT,
	.examples = "xen-bigdisk du 'web01:/var/*'\twhat fills /var\n",
	.statuses = "4",
	.options = option_table,
	.options_size = sizeof(struct du_options),
	.run = run_du,
};
