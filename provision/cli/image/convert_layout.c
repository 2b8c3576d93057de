/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `convert-layout`: partitions at borders of cylinders, or of MiB. */
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
#include "cli/image/advice.h"
#include "ops/image/convert_layout.h"

struct layout_options {
	const char *dir;
	bool json;
};

static const struct bd_option option_table[] = {
	DIR_OPTION_ROW(struct layout_options),
	{ BD_OPTION_FLAG, "json", NULL, "print a JSON object on stdout", offsetof(struct layout_options, json) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static int print_json(const struct layout_result *result, enum bd_layout layout, struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_begin();

	bd_json_string(json, "name", result->guest);
	bd_json_string(json, "image", result->image);
	bd_json_string(json, "layout", bd_layout_name(layout));
	bd_json_bool(json, "changed", result->changed);
	bd_json_uint(json, "was_bytes", result->was_bytes);
	bd_json_uint(json, "size_bytes", result->bytes);
	return bd_json_finish(json, err);
}

static void print_result(const struct layout_result *result, enum bd_layout layout)
{
	static const char *const boot[BD_BOOT_CODE_COUNT] = { [BD_BOOT_CODE_NONE] = "it has no boot loader",
							      [BD_BOOT_CODE_GRUB2] =
								      "GRUB's boot sector and core.img are new",
							      [BD_BOOT_CODE_GRUB_LEGACY] =
								      "GRUB Legacy has moved along",
							      [BD_BOOT_CODE_OTHER] = "" };
	const char *name = result->guest ? result->guest : result->image;
	char was[32], is[32];

	bd_format_size(result->was_bytes, was, sizeof(was));
	bd_format_size(result->bytes, is, sizeof(is));
	if (!result->changed)
		bd_print(stdout, "%s has the %s layout already\n", name, bd_layout_name(layout));
	else if (result->bytes == result->was_bytes)
		bd_print(stdout, "%s has the %s layout now, and %s as before; %s\n", name, bd_layout_name(layout), is,
			 boot[result->boot_code]);
	else
		bd_print(stdout, "%s has the %s layout now, and %s (was %s); %s\n", name, bd_layout_name(layout), is,
			 was, boot[result->boot_code]);
}

static int run_convert_layout(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct layout_options *options = options_pointer;
	BD_DISPOSE(layout_result_dispose) struct layout_result result = { 0 };
	enum bd_layout layout;

	if (bd_layout_parse(arguments[1], &layout, err) != 0)
		return bd_wrap(err, "the layout");
	if (image_convert_layout(arguments[0], options->dir, layout, &result, err) != 0)
		return image_advise(arguments[0], err);
	bd_progress_end(0);
	if (options->json)
		return print_json(&result, layout, err);
	if (bd_log_level() >= BD_LOG_INFO)
		print_result(&result, layout);
	return 0;
}

const struct bd_command bd_command_convert_layout = {
	.name = "convert-layout",
	.arguments = "GUEST|IMAGE cylinder|aligned",
	.summary = "move a disk's partitions to borders of cylinders, or of MiB",
	.description =
		"Moves the filesystem of a disk between the two layouts of new --layout: cylinder, in which the partition begins at "
		"sector 63 and ends at a border of cylinders, and aligned, in which partitions begin at borders of MiB. The disk is "
		"written once more beside the image, which takes the room of another one, and takes its place when it is complete; "
		"interrupted, there is the old one. A journal that was left to be replayed is replayed first. The disk grows where the borders take more; the filesystem stays as large as "
		"it is, and grow makes it fill its partition. UUIDs, the partitions' flags and the disk's signature stay.\n\n"
		"GRUB 2's boot sector and core.img are made anew for the layout; for cylinder, whose gap is too small for all of GRUB, "
		"its modules are put into /boot/grub/i386-pc where they are missing. GRUB Legacy goes along; a disk with another boot "
		"loader is refused. So is a block device, and a disk with other partitions than one filesystem, with or without a "
		"swap partition behind it. The filesystem has to be clean, and the guest must not run.\n\n"
		"--json prints an object with name (null: the image was named), image, layout, changed, was_bytes and size_bytes.",
	.examples = "xen-bigdisk convert-layout web01 aligned\taway from the layout of old times\n",
	.statuses = "456",
	.options = option_table,
	.options_size = sizeof(struct layout_options),
	.run = run_convert_layout,
};
