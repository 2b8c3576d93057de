/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `map`: a picture of a disk image. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file/atomic_file.h"
#include "base/file/file.h"
#include "cli/command.h"
#include "cli/dir_option.h"
#include "cli/image/info_json.h"
#include "cli/image/map_svg.h"
#include "cli/image/map_text.h"

struct map_options {
	const char *dir, *svg;
	bool json;
};

#define AT(member) offsetof(struct map_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_TEXT, "svg", "FILE", "draw an SVG picture into this file, which must not exist yet (-: stdout)",
	  AT(svg) },
	DIR_OPTION_ROW(struct map_options),
	{ BD_OPTION_FLAG, "json", NULL, "print a JSON object on stdout", AT(json) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static int write_svg(const struct image_info *info, const char *path, struct bd_error *err)
{
	BD_DISPOSE(bd_atomic_file_dispose) struct bd_atomic_file draft = BD_ATOMIC_FILE_INIT;
	BD_FREE char *text = NULL;
	size_t size;

	if (map_svg_make(info, &text, &size, err) != 0)
		return -1;
	if (strcmp(path, "-") == 0) {
		fwrite(text, 1, size, stdout);
		return 0;
	}
	return bd_atomic_file_open(path, 0644, &draft, err) != 0 ||
			       bd_pwrite_all(draft.fd, text, size, 0, path, err) != 0 ||
			       bd_atomic_file_sync(&draft, err) != 0 || bd_atomic_file_publish(&draft, err) != 0 ||
			       bd_atomic_file_sync_folder(&draft, err) != 0
		       ? -1
		       : 0;
}

static int run_map(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct map_options *options = options_pointer;
	BD_DISPOSE(image_info_dispose) struct image_info info = { 0 };

	if (options->svg && options->json)
		return bd_usage(err, "--svg and --json exclude each other");
	if (image_info_read(arguments[0], options->dir, &info, err) != 0)
		return -1;
	if (options->json) {
		if (image_info_print_json(&info, true, err) != 0)
			return -1;
		if (image_info_check(&info, err) == 0)
			return 0;
		return bd_reported(err);
	}
	if ((options->svg ? write_svg(&info, options->svg, err) : map_print_text(&info, err)) != 0)
		return -1;
	return image_info_check(&info, err);
}

const struct bd_command bd_command_map = {
	.name = "map",
	.arguments = "GUEST|IMAGE",
	.summary = "draw a map of a guest's disk or an image",
	.description =
		"Draws a disk to scale: its regions from the MBR to its end, what of it is allocated on the host and what is a "
		"hole, and for each ext2, ext3 or ext4 filesystem how full its block groups are and where the journal and the "
		"inode tables lie. On a terminal it is as wide as that and has colours (unless NO_COLOR is set); elsewhere "
		"it is 80 columns of ASCII. --svg draws the same as a picture of its own, for a wiki or a browser, in light and "
		"dark mode.\n\n"
		"GUEST is the first disk of a guest, IMAGE a disk image, a filesystem image or a block device; with "
		"GUEST@2 or IMAGE@2 only the filesystem in partition 2 is drawn. Nothing is written to it. The image is read "
		"in a process without any rights, so that a crafted one can do no harm. Where a filesystem cannot be read, "
		"all else is drawn, and the exit status is 1. --json prints what `info --json` does, and each block group.",
	.examples = "xen-bigdisk map web01\tin the terminal\n"
		    "xen-bigdisk map web01 --svg web01.svg\tas a picture\n"
		    "xen-bigdisk map disk.img@2 --json\tthe second partition's block groups, for scripts\n",
	.statuses = "34",
	.options = option_table,
	.options_size = sizeof(struct map_options),
	.run = run_map,
};
