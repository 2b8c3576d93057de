/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `cat`: the content of files inside an image. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/zeros.h"
#include "cli/dir_option.h"
#include "cli/inside/read.h"

struct cat_options {
	const char *dir;
};

static const struct bd_option option_table[] = {
	DIR_OPTION_ROW(struct cat_options),
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

struct cat {
	uint64_t at_bytes, size_bytes; /* of the file at hand: what is written of how much */
};

static int write_out(const void *data, size_t size, struct bd_error *err)
{
	return fwrite(data, 1, size, stdout) == size ? 0 : bd_fail_errno(err, "cannot write");
}

/* A hole, or what is behind the last block. */
static int write_zeros(struct cat *cat, uint64_t end_bytes, struct bd_error *err)
{
	while (cat->at_bytes < end_bytes) {
		uint64_t left = end_bytes - cat->at_bytes;
		size_t size = left < BD_ZEROS_BYTES ? (size_t)left : BD_ZEROS_BYTES;
		if (write_out(bd_zeros, size, err) != 0)
			return -1;
		cat->at_bytes += size;
	}
	return 0;
}

static int finish_file(void *context, struct bd_error *err)
{
	struct cat *cat = context;
	return write_zeros(cat, cat->size_bytes, err);
}

static int take_entry(void *context, const struct bd_stream_entry *entry, struct bd_error *err)
{
	struct cat *cat = context;

	if (finish_file(cat, err) != 0)
		return -1;
	*cat = (struct cat){ 0 };
	cat->size_bytes = entry->meta.size_bytes;
	return 0;
}

/* No zeros in the place of what cannot be read. */
static void end_early(void *context)
{
	struct cat *cat = context;
	cat->size_bytes = cat->at_bytes;
}

static int take_block(void *context, const void *data, size_t size, uint64_t offset_bytes, struct bd_error *err)
{
	struct cat *cat = context;

	if (write_zeros(cat, offset_bytes, err) != 0 || write_out(data, size, err) != 0)
		return -1;
	cat->at_bytes += size;
	return 0;
}

static int run_cat(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct cat_options *options = options_pointer;
	struct cat cat = { 0 };
	struct inside_reader reader = {
		.request = { .follow = true, .content = true },
		.entry = take_entry,
		.block = take_block,
		.incomplete = end_early,
		.end = finish_file,
		.context = &cat,
	};

	return inside_read(&reader, arguments, options->dir, err);
}

const struct bd_command bd_command_cat = {
	.name = "cat",
	.arguments = "GUEST:/PATH|IMAGE:/PATH...",
	.summary = "print files from a guest's disk or an image",
	.description = "Writes the content of files to stdout, as it is. Holes are zeros." IMAGE_READ_TEXT
		       "\n\nThis command takes no --json: what it prints is the file.",
	.examples = "xen-bigdisk cat web01:/etc/fstab\tof the guest web01\n"
		    "xen-bigdisk cat 'web01:/var/log/*.log' | less\tall of them, one after the other\n"
		    "xen-bigdisk cat disk.img@2:/etc/hostname\tfrom the second partition\n",
	.statuses = "4",
	.options = option_table,
	.options_size = sizeof(struct cat_options),
	.run = run_cat,
};
