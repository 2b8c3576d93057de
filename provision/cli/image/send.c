/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `send`: a disk as a sparse archive. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/printable.h"
#include "base/progress.h"
#include "cli/command.h"
#include "cli/dir_option.h"
#include "ops/image/send.h"

struct send_options {
	const char *output, *dir;
	bool whole, dry_run, json;
};

#define AT(member) offsetof(struct send_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_TEXT, "output", "FILE", "write the archive to FILE, which must not exist; - is stdout [-]",
	  AT(output) },
	{ BD_OPTION_FLAG, "whole", NULL, "send the free blocks of filesystems, too", AT(whole) },
	{ BD_OPTION_FLAG, "dry-run", NULL, "only find out how much would be sent", AT(dry_run) },
	DIR_OPTION_ROW(struct send_options),
	{ BD_OPTION_FLAG, "json", NULL, "print a JSON object on stdout", AT(json) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static int print_json(const struct send_options *options, const struct send_result *result, const char *file,
		      struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_begin();

	bd_json_string(json, "state", options->dry_run ? "planned" : "sent");
	bd_json_string(json, "name", result->guest);
	bd_json_string(json, "image", result->image);
	bd_json_string(json, "file", file);
	bd_json_uint(json, "size_bytes", result->disk_bytes);
	bd_json_uint(json, "data_bytes", result->data_bytes);
	bd_json_uint(json, "free_bytes", result->free_bytes);
	if (!options->dry_run)
		bd_json_string(json, "blake2b_256", result->checksum);
	return bd_json_finish(json, err);
}

static void print_result(const struct send_options *options, const struct send_result *result, const char *file)
{
	char size[32], data[32];

	bd_format_size(result->disk_bytes, size, sizeof(size));
	bd_format_size(result->data_bytes, data, sizeof(data));
	bd_print(stdout, "%s: a disk of %s, of which %s %s in use and %s to %s\n", result->image, size, data,
		 options->dry_run ? "are" : "were", options->dry_run ? "would go" : "went",
		 file ? file : "standard output");
}

static int run_send(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct send_options *options = options_pointer;
	BD_DISPOSE(send_result_dispose) struct send_result result = { 0 };
	const char *file = options->output && strcmp(options->output, "-") != 0 ? options->output : NULL;
	const struct send_request request = { .from = arguments[0],
					      .dir = options->dir,
					      .to = file,
					      .to_fd = STDOUT_FILENO,
					      .whole = options->whole,
					      .dry_run = options->dry_run };

	if (!file && !options->dry_run && options->json)
		return bd_usage(err, "--json cannot be used when the archive goes to stdout");
	if (!file && !options->dry_run && isatty(STDOUT_FILENO))
		return bd_usage(err,
				"refusing to write an archive to a terminal; redirect the output, or use --output");
	bd_progress_only_long();
	if (image_send(&request, &result, err) != 0)
		return -1;
	bd_progress_end(0);
	if (options->json)
		return print_json(options, &result, file, err);
	if ((file || options->dry_run) && bd_log_level() >= BD_LOG_INFO)
		print_result(options, &result, file);
	return 0;
}

const struct bd_command bd_command_send = {
	.name = "send",
	.arguments = "GUEST|IMAGE",
	.summary = "write a disk to stdout as a sparse archive of what is in use on it",
	.description =
		"Writes what is in use on a disk, an image or a block device, to standard output: no holes of the file, no free blocks of "
		"its ext2, ext3 and ext4 filesystems, and of everything else no zeros. `receive` writes it onto another disk. "
		"The disk must not be in use: the guest must not run, nothing may be mounted. The config of a guest does not go along: copy it, and change its disk= line. Further disks are sent one by one. "
		"An image in qcow2 or another format is refused: convert it to raw (`convert`).\n\n"
		"Which blocks are free is known from the filesystem's bitmaps, as after a replay of its journal. Where they cannot be relied on, "
		"as when they have blocks as free that a file has, all of the filesystem is sent, and a warning says why. What is in no such filesystem is read twice, for the archive begins "
		"with a map of its holes.\n\n"
		"The archive is a tar archive in pax format with two members: disk.raw, a sparse file, which `tar -xSf` of GNU tar unpacks, "
		"and behind it disk.raw.sum, the checksum of its data, so that `receive` knows an archive that is cut short or damaged. It may be "
		"compressed by another program, but is to be passed on as it is otherwise: packed again by tar, it is damaged for `receive`. `template import` takes it, too.\n\n"
		"--json prints an object with state (\"sent\"; \"planned\" with --dry-run), name (null: the image was named), image, file (null: standard "
		"output), size_bytes (of the disk), data_bytes (in the archive), free_bytes (of filesystems, which were left out) and, where it was sent, blake2b_256.",
	.examples = "xen-bigdisk send web01 | ssh dom0b xen-bigdisk receive /dev/vg/web01\tmove a disk\n"
		    "xen-bigdisk send /dev/vg/snap | zstd >web01.tar.zst\ta backup of a snapshot\n",
	.statuses = "3456",
	.options = option_table,
	.options_size = sizeof(struct send_options),
	.run = run_send,
};
