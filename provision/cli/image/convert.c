/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `convert`: a copy of a disk in another format. */
#include <stddef.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/printable.h"
#include "base/progress.h"
#include "cli/command.h"
#include "cli/dir_option.h"
#include "ops/image/convert.h"

struct convert_options {
	const char *format, *from_format, *dir;
	bool json;
};

#define AT(member) offsetof(struct convert_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_TEXT, "format", "FORMAT", "format of FILE: raw, qcow2 or vhd [by its name]", AT(format) },
	{ BD_OPTION_TEXT, "from-format", "FORMAT", "format of what is converted [by its name, else raw]",
	  AT(from_format) },
	DIR_OPTION_ROW(struct convert_options),
	{ BD_OPTION_FLAG, "json", NULL, "print a JSON object on stdout", AT(json) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static int print_json(const struct convert_result *result, const char *file, struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_begin();

	bd_json_string(json, "name", result->guest);
	bd_json_string(json, "image", result->image);
	bd_json_string(json, "from_format", bd_disk_format_name(result->from_format));
	bd_json_string(json, "file", file);
	bd_json_string(json, "format", bd_disk_format_name(result->to_format));
	bd_json_uint(json, "size_bytes", result->disk_bytes);
	bd_json_uint(json, "allocated_bytes", result->allocated_bytes);
	return bd_json_finish(json, err);
}

static int run_convert(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct convert_options *options = options_pointer;
	BD_DISPOSE(convert_result_dispose) struct convert_result result = { 0 };
	const struct convert_request request = { .from = arguments[0],
						 .to = arguments[1],
						 .dir = options->dir,
						 .from_format = options->from_format,
						 .to_format = options->format };
	char size[32], takes[32];

	if (image_convert(&request, &result, err) != 0)
		return -1;
	bd_progress_end(0);
	if (options->json)
		return print_json(&result, arguments[1], err);
	if (bd_log_level() < BD_LOG_INFO)
		return 0;
	bd_format_size(result.disk_bytes, size, sizeof(size));
	bd_format_size(result.allocated_bytes, takes, sizeof(takes));
	bd_print(stdout, "%s created: %s, a disk of %s that takes %s\n", arguments[1],
		 bd_disk_format_name(result.to_format), size, takes);
	return 0;
}

const struct bd_command bd_command_convert = {
	.name = "convert",
	.arguments = "GUEST|IMAGE FILE",
	.summary = "copy a disk to or from qcow2 and VHD",
	.description =
		"Writes a copy of a disk in another format by qemu-img: raw (.img, .raw), qcow2 (.qcow2) or VHD (.vhd, .vpc). From and "
		"to may be any of these. FILE must not exist, and is complete or not there. The disk must not be in use.\n\n"
		"The formats are those of the guest's config, of the names or of the options; the content does not count, as a guest could write there what "
		"it likes. An image that refers to another file (a backing file, a data file, a VHD's parent) or is encrypted is "
		"refused.\n\n"
		"--json prints an object with name (null: the image was named), image, from_format, file, format, size_bytes (of the "
		"disk) and allocated_bytes (that the file takes).",
	.examples = "xen-bigdisk convert web01 web01.qcow2\tfor QEMU and KVM\n"
		    "xen-bigdisk convert box.vhd box.img\ta disk that template import takes\n",
	.statuses = "3456",
	.options = option_table,
	.options_size = sizeof(struct convert_options),
	.run = run_convert,
};
