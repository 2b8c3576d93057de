/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `mkdir`: directories inside an image. */
#include <stddef.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file/mode.h"
#include "base/parse.h"
#include "cli/dir_option.h"
#include "cli/inside/change.h"

struct mkdir_options {
	const char *dir;
	const char *mode;
	bool parents;
};

#define AT(member) offsetof(struct mkdir_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_FLAG, "parents", NULL, "create missing parents; no error if it exists", AT(parents) },
	{ BD_OPTION_TEXT, "mode", "MODE", "its permissions, as chmod has them [0755]", AT(mode) },
	DIR_OPTION_ROW(struct mkdir_options),
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

struct making {
	const struct mkdir_options *options;
	struct bd_file_meta meta;
};

static int fill(void *context, const char *argument, struct bd_change *change, struct bd_error *err)
{
	const struct making *making = context;
	(void)argument, (void)err;

	change->kind = BD_CHANGE_PUT;
	change->meta = &making->meta;
	change->inherit = true;
	change->parents = making->options->parents;
	return 0;
}

static int run_mkdir(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct mkdir_options *options = options_pointer;
	int64_t now = (int64_t)time(NULL);
	struct making making = { options, { .mode = S_IFDIR | 0755, .mtime_s = now, .atime_s = now } };
	struct bd_mode_change mode;

	if (options->mode) {
		if (bd_mode_parse(options->mode, &mode, err) != 0)
			return -1;
		making.meta.mode = bd_mode_change(&mode, S_IFDIR | 0777, true);
	}
	return inside_change_each(arguments, options->dir, fill, &making, err);
}

const struct bd_command bd_command_mkdir = {
	.name = "mkdir",
	.arguments = "GUEST:/PATH|IMAGE:/PATH...",
	.summary = "create directories inside a guest's disk or an image",
	.description = "Creates the directories. They belong to root." INSIDE_LABELS_TEXT INSIDE_CHANGE_TEXT,
	.examples = "xen-bigdisk mkdir -p web01:/srv/www/htdocs\twith its parents\n"
		    "xen-bigdisk mkdir --mode 1777 disk.img:/scratch\tfor everybody\n",
	.statuses = "3456",
	.options = option_table,
	.options_size = sizeof(struct mkdir_options),
	.run = run_mkdir,
};
