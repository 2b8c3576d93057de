/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `tail`: the end of files inside an image. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/printable.h"
#include "cli/dir_option.h"
#include "cli/inside/read.h"

/* Lines are looked for in these last bytes; of longer ones there are none in any log. */
#define WINDOW_BYTES (UINT64_C(64) << 20)
#define LINES_DEFAULT 10

struct tail_options {
	const char *dir;
	const char *lines;
	uint64_t bytes;
};

#define AT(member) offsetof(struct tail_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_TEXT, "lines", "N", "the last N lines [10]", AT(lines) },
	{ BD_OPTION_SIZE, "bytes", "SIZE", "the last bytes instead of lines", AT(bytes) },
	DIR_OPTION_ROW(struct tail_options),
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

struct tail {
	const struct inside_reader *reader; /* borrowed */
	uint64_t lines, bytes; /* bytes: 0: lines count */
	bool titles, began;
	char *path; /* of the file at hand; owned; NULL: none */
	char *data; /* its end; owned */
	uint64_t begin_bytes, size_bytes; /* data is the file from begin_bytes to size_bytes */
};

static void tail_forget(struct tail *tail)
{
	free(tail->path);
	free(tail->data);
	tail->path = tail->data = NULL;
}

/* Where the last lines begin in data. */
static int find_lines(const struct tail *tail, size_t size, size_t *at_out, struct bd_error *err)
{
	uint64_t left = tail->lines;
	size_t at = size;

	/* The newline at the very end ends the last line. */
	if (at && left && tail->data[at - 1] == '\n')
		at--;
	for (; left && at; at--)
		if (tail->data[at - 1] == '\n' && --left == 0)
			break;
	if (left && tail->begin_bytes)
		return bd_fail(err, EFBIG, "the last %llu lines of %s exceed 64 MiB; use --bytes",
			       (unsigned long long)tail->lines, tail->path);
	*at_out = tail->lines ? at : size;
	return 0;
}

static int end_file(void *context, struct bd_error *err)
{
	struct tail *tail = context;
	size_t size = (size_t)(tail->size_bytes - tail->begin_bytes), at = 0;

	if (!tail->path)
		return 0;
	if (!tail->bytes && find_lines(tail, size, &at, err) != 0)
		return -1;
	if (tail->titles)
		bd_print(stdout, "%s==> %s%s <==\n", tail->began ? "\n" : "", inside_prefix(tail->reader),
			 tail->path);
	tail->began = true;
	size_t written = fwrite(tail->data + at, 1, size - at, stdout);
	tail_forget(tail);
	return written == size - at ? 0 : bd_fail_errno(err, "cannot write");
}

static int take_entry(void *context, const struct bd_stream_entry *entry, struct bd_error *err)
{
	struct tail *tail = context;
	uint64_t size = entry->meta.size_bytes, window = tail->bytes ? tail->bytes : WINDOW_BYTES;

	if (end_file(tail, err) != 0)
		return -1;
	tail->begin_bytes = size > window ? size - window : 0;
	tail->size_bytes = size;
	tail->path = strdup(entry->path);
	tail->data = calloc(1, (size_t)(size - tail->begin_bytes) + 1);
	return tail->path && tail->data ? 0 : bd_no_memory(err);
}

/* The end of a file is not there when any of it cannot be read. */
static void end_early(void *context)
{
	tail_forget(context);
}

/* What is not sent is zeros. */
static int take_block(void *context, const void *data, size_t size, uint64_t offset_bytes, struct bd_error *err)
{
	struct tail *tail = context;
	(void)err;

	if (offset_bytes + size <= tail->begin_bytes)
		return 0;
	size_t skip = offset_bytes < tail->begin_bytes ? (size_t)(tail->begin_bytes - offset_bytes) : 0;
	memcpy(tail->data + (offset_bytes + skip - tail->begin_bytes), (const char *)data + skip, size - skip);
	return 0;
}

static int run_tail(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct tail_options *options = options_pointer;
	BD_DISPOSE(tail_forget)
	struct tail tail = { .lines = LINES_DEFAULT, .bytes = options->bytes };

	if (options->lines && options->bytes)
		return bd_usage(err, "--lines and --bytes cannot be used together");
	if (options->lines && bd_parse_uint(options->lines, "--lines", 0, UINT64_MAX, &tail.lines, err) != 0)
		return -1;
	tail.titles = arguments[1] || strpbrk(arguments[0], "*?[");
	struct inside_reader reader = {
		.request = { .follow = true, .content = true, .tail_bytes = tail.bytes ? tail.bytes : WINDOW_BYTES },
		.entry = take_entry,
		.block = take_block,
		.incomplete = end_early,
		.end = end_file,
		.context = &tail,
	};
	tail.reader = &reader;
	return inside_read(&reader, arguments, options->dir, err);
}

const struct bd_command bd_command_tail = {
	.name = "tail",
	.arguments = "GUEST:/PATH|IMAGE:/PATH...",
	.summary = "print the end of files inside a guest's disk or an image",
	.description =
		"Writes the last lines of files to stdout, with a title for each where there are several." IMAGE_READ_TEXT
		"\n\nThis command takes no --json: what it prints is the file.",
	.examples = "xen-bigdisk tail web01:/var/log/syslog\tthe last 10 lines\n"
		    "xen-bigdisk tail -n 50 'web01:/var/log/*.log'\tthe last 50 lines of each\n",
	.statuses = "4",
	.options = option_table,
	.options_size = sizeof(struct tail_options),
	.run = run_tail,
};
