/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `mv`: other names for files inside an image. */
#include <stddef.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "cli/dir_option.h"
#include "cli/inside/change.h"

struct mv_options {
	const char *dir;
};

static const struct bd_option option_table[] = {
	DIR_OPTION_ROW(struct mv_options),
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static int check_arguments(char **arguments, size_t count, struct bd_error *err)
{
	for (size_t i = 0; i < count; i++)
		if (image_place_check(arguments[i], err) != 0)
			return -1;
	for (size_t i = 0; i + 1 < count; i++)
		if (!inside_is_same_image(arguments[i], arguments[count - 1]))
			return bd_usage(
				err,
				"%s and %s are in different images; copy with cp, then remove the original with rm",
				arguments[i], arguments[count - 1]);
	return 0;
}

static int run_mv(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct mv_options *options = options_pointer;
	size_t count = 0;

	while (arguments[count])
		count++;
	if (check_arguments(arguments, count, err) != 0)
		return -1;
	BD_FREE struct bd_change *changes = calloc(count, sizeof(*changes));
	if (!changes)
		return bd_no_memory(err);
	for (size_t i = 0; i + 1 < count; i++)
		changes[i] = (struct bd_change){ .kind = BD_CHANGE_MOVE,
						 .path = inside_path_of(arguments[count - 1]),
						 .source = inside_path_of(arguments[i]),
						 .must_be_directory = count > 2 };
	return inside_change_one(arguments[0], options->dir, changes, count - 1, err);
}

const struct bd_command bd_command_mv = {
	.name = "mv",
	.arguments = "GUEST:/PATH|IMAGE:/PATH... GUEST:/PATH|IMAGE:/PATH",
	.summary = "move or rename files inside a guest's disk or an image",
	.description =
		"Gives the files another name or moves them to a directory that exists, within one image. An existing file "
		"gives way, and so does an empty directory for another one. * ? and [ are patterns (glob(7)) of this program; "
		"quote them." INSIDE_CHANGE_TEXT,
	.examples = "xen-bigdisk mv web01:/etc/motd web01:/etc/motd.old\trename\n"
		    "xen-bigdisk mv 'web01:/var/log/*.gz' web01:/srv/archive\tto a directory\n",
	.statuses = "456",
	.options = option_table,
	.options_size = sizeof(struct mv_options),
	.run = run_mv,
};
