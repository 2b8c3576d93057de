/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `find`: files inside an image by name and type. */
#include <fnmatch.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "cli/dir_option.h"
#include "cli/inside/read.h"

struct find_options {
	const char *dir;
	const char *name, *type, *max_depth;
	bool json;
};

#define AT(member) offsetof(struct find_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_TEXT, "name", "PATTERN", "only where the last part of the path matches it", AT(name) },
	{ BD_OPTION_TEXT, "type", "TYPE", "only file, directory, symlink, block, char, fifo or socket", AT(type) },
	{ BD_OPTION_TEXT, "max-depth", "N", "so many levels below the path at the most; 0: itself", AT(max_depth) },
	DIR_OPTION_ROW(struct find_options),
	{ BD_OPTION_FLAG, "json", NULL, "print a JSON object on stdout", AT(json) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

struct find {
	const struct inside_reader *reader; /* borrowed */
	const struct find_options *options;
	struct bd_json *json; /* NULL: lines for people */
};

static int take_entry(void *context, const struct bd_stream_entry *entry, struct bd_error *err)
{
	const struct find *find = context;
	const char *slash = strrchr(entry->path, '/'), *name = slash && slash[1] ? slash + 1 : entry->path;
	(void)err;

	if (find->options->name && fnmatch(find->options->name, name, 0) != 0)
		return 0;
	if (find->options->type && strcmp(find->options->type, image_type_name(entry->meta.mode)) != 0)
		return 0;
	if (find->json)
		image_put_json(find->json, entry);
	else
		image_print_path(inside_prefix(find->reader), entry->path, NULL);
	return 0;
}

/* The names of types, and the letters that find(1) has for them. */
static int check_type(struct find_options *options, struct bd_error *err)
{
	static const struct {
		char letter;
		const char *name;
	} types[] = { { 'f', "file" }, { 'd', "directory" }, { 'l', "symlink" }, { 'b', "block" },
		      { 'c', "char" }, { 'p', "fifo" },	     { 's', "socket" } };

	for (size_t i = 0; options->type && i < sizeof(types) / sizeof(*types); i++) {
		bool is_letter = options->type[0] == types[i].letter && !options->type[1];
		if (!is_letter && strcmp(options->type, types[i].name) != 0)
			continue;
		options->type = types[i].name;
		return 0;
	}
	return options->type ? bd_usage(err,
					"--type must be one of file, directory, symlink, block, char, fifo, socket, "
					"not \"%s\"",
					options->type)
			     : 0;
}

static int run_find(void *options_pointer, char **arguments, struct bd_error *err)
{
	struct find_options *options = options_pointer;
	BD_DISPOSE(bd_json_free) struct bd_json *json = options->json ? bd_json_begin() : NULL;
	struct find find = { .options = options, .json = json };
	BD_DISPOSE(inside_reader_dispose) struct inside_reader reader = { .entry = take_entry, .context = &find };
	uint64_t depth = BD_INSIDE_ALL;

	if (check_type(options, err) != 0 ||
	    (options->max_depth &&
	     bd_parse_uint(options->max_depth, "--max-depth", 0, BD_INSIDE_ALL - 1, &depth, err) != 0))
		return -1;
	find.reader = &reader;
	reader.request.depth = (unsigned)depth;
	return inside_read_json(&reader, json, "entries", arguments, options->dir, err);
}

const struct bd_command bd_command_image_find = {
	.name = "find",
	.arguments = "GUEST:/PATH|IMAGE:/PATH...",
	.summary = "find files inside a guest's disk or an image",
	.description =
		"Prints the path of each file below the given ones, and theirs, each directory before what is in it, "
		"in the order of their bytes." IMAGE_READ_TEXT,
	.examples = "xen-bigdisk find web01:/ --name '*.conf'\tby name\n"
		    "xen-bigdisk find web01:/tmp --type socket\tby type\n",
	.statuses = "4",
	.options = option_table,
	.options_size = sizeof(struct find_options),
	.run = run_find,
};
