/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `receive`: writes a disk that `send` has sent. */
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/printable.h"
#include "base/progress.h"
#include "cli/command.h"
#include "cli/dir_option.h"
#include "ops/image/receive.h"

struct receive_options {
	const char *dir;
	bool overwrite, json;
};

#define AT(member) offsetof(struct receive_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_FLAG, "force", NULL, "also if something is on the disk, which is lost", AT(overwrite) },
	DIR_OPTION_ROW(struct receive_options),
	{ BD_OPTION_FLAG, "json", NULL, "print a JSON object on stdout", AT(json) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static int print_json(const struct receive_result *result, struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_begin();

	bd_json_string(json, "name", result->guest);
	bd_json_string(json, "image", result->image);
	bd_json_uint(json, "image_bytes", result->target_bytes);
	bd_json_uint(json, "size_bytes", result->facts.disk_bytes);
	bd_json_uint(json, "data_bytes", result->facts.data_bytes);
	bd_json_string(json, "blake2b_256", result->facts.checksum);
	return bd_json_finish(json, err);
}

static int run_receive(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct receive_options *options = options_pointer;
	BD_DISPOSE(receive_result_dispose) struct receive_result result = { 0 };
	const struct receive_request request = {
		.to = arguments[0], .dir = options->dir, .from_fd = STDIN_FILENO, .overwrite = options->overwrite
	};
	char size[32], data[32];

	if (isatty(STDIN_FILENO))
		return bd_usage(err, "the archive is read from standard input, which is a terminal");
	bd_progress_only_long();
	if (image_receive(&request, &result, err) != 0) {
		if (err->field == RECEIVE_REMEDY_OVERWRITE)
			return bd_fail_as(err, err, "%s; --force puts the disk in its place", err->message);
		return -1;
	}
	bd_progress_end(0);
	if (options->json)
		return print_json(&result, err);
	if (bd_log_level() < BD_LOG_INFO)
		return 0;
	bd_format_size(result.facts.disk_bytes, size, sizeof(size));
	bd_format_size(result.facts.data_bytes, data, sizeof(data));
	bd_print(stdout, "%s: received a disk of %s, of which %s were written and all else is zeros\n", result.image,
		 size, data);
	return 0;
}

const struct bd_command bd_command_receive = {
	.name = "receive",
	.arguments = "GUEST|IMAGE",
	.summary = "write a disk that was sent onto another one",
	.description =
		"Reads the archive of `send` from standard input, as it was sent or compressed by gzip, xz or zstd (unpacked and packed again by "
		"tar, it counts as damaged), and writes the disk onto a block "
		"device or into an image that exists and is at least as large. What the archive does not have is zeros afterwards, to the end: "
		"nothing of what was there before shows through. The disk must not be in use and, without --force, be empty: a file is all zeros, and so are the "
		"first 4 KiB of a device; and it must be raw, not in qcow2 or another format.\n\n"
		"The first 2 MiB and the last MiB are cleared first and written last, when the checksum is right, and of them the boot sector and the "
		"partition table when all else is on the disk. So an archive that is cut short or damaged, or an interruption of any kind, leaves a disk that "
		"is clearly none; the status is 1 then.\n\n"
		"--json prints an object with name (null: the image was named), image, image_bytes (its size), size_bytes (of the "
		"disk that was sent), data_bytes (that were written) and blake2b_256.",
	.examples =
		"truncate -s 8G web01.img && zstd -dc web01.tar.zst | xen-bigdisk receive web01.img\ta backup in a new image\n"
		"xen-bigdisk receive /dev/vg/web01 --force <web01.tar\treplaces what is on the volume\n",
	.statuses = "3456",
	.options = option_table,
	.options_size = sizeof(struct receive_options),
	.run = run_receive,
};
