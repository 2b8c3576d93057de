/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `ln`: hard and symbolic links inside an image. */
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/dir_option.h"
#include "cli/inside/change.h"

struct ln_options {
	const char *dir;
	bool symbolic, force;
};

#define AT(member) offsetof(struct ln_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_FLAG, "symbolic", NULL, "a symbolic link, whose target is TARGET as it is", AT(symbolic) },
	{ BD_OPTION_FLAG, "force", NULL, "replace what has the name of the link", AT(force) },
	DIR_OPTION_ROW(struct ln_options),
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static int run_ln(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct ln_options *options = options_pointer;
	int64_t now = (int64_t)time(NULL);
	const struct bd_file_meta meta = {
		.mode = S_IFLNK | 0777, .mtime_s = now, .atime_s = now, .target = arguments[0]
	};
	struct bd_change change = { .path = NULL, .force = options->force };
	size_t length;
	const char *component =
		bd_path_component(options->symbolic ? arguments[0] : inside_path_of(arguments[0]), &length);
	BD_FREE char *name = strndup(component, length);

	if (!name)
		return bd_no_memory(err);
	if (image_place_check(arguments[1], err) != 0)
		return -1;
	change.path = inside_path_of(arguments[1]);
	if (options->symbolic) {
		change.kind = BD_CHANGE_PUT;
		change.meta = &meta;
		change.inherit = true;
		change.fresh = !options->force;
		change.name_in_directory = name;
	} else {
		if (image_place_check(arguments[0], err) != 0)
			return -1;
		if (!inside_is_same_image(arguments[0], arguments[1]))
			return bd_usage(err, "a hard link must be in the same image as the file");
		change.kind = BD_CHANGE_LINK;
		change.source = inside_path_of(arguments[0]);
		change.name_in_directory = name;
	}
	return inside_change_one(arguments[1], options->dir, &change, 1, err);
}

const struct bd_command bd_command_ln = {
	.name = "ln",
	.arguments = "TARGET GUEST:/PATH|IMAGE:/PATH",
	.summary = "create links inside a guest's disk or an image",
	.description =
		"Without --symbolic, TARGET is a file in the same image, written GUEST:/PATH or IMAGE:/PATH too, which gets one "
		"more name. If the second path is an existing directory, the link is created in it." INSIDE_LABELS_TEXT INSIDE_CHANGE_TEXT,
	.examples = "xen-bigdisk ln -s ../sites-available/shop web01:/etc/nginx/sites-enabled/shop\tsymbolic\n"
		    "xen-bigdisk ln web01:/srv/a web01:/srv/b\ta second name\n",
	.statuses = "3456",
	.options = option_table,
	.options_size = sizeof(struct ln_options),
	.run = run_ln,
};
