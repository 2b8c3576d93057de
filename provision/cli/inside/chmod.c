/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `chmod`: permissions of files inside an image. */
#include <stddef.h>

#include "base/file/mode.h"
#include "cli/dir_option.h"
#include "cli/inside/change.h"

struct chmod_options {
	const char *dir;
	bool recursive;
};

#define AT(member) offsetof(struct chmod_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_FLAG, "recursive", NULL, "of directories also what is in them", AT(recursive) },
	DIR_OPTION_ROW(struct chmod_options),
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

struct chmod {
	const struct chmod_options *options;
	struct bd_mode_change mode;
};

static int fill(void *context, const char *argument, struct bd_change *change, struct bd_error *err)
{
	const struct chmod *chmod = context;
	(void)argument, (void)err;

	change->kind = BD_CHANGE_MODE;
	change->recursive = chmod->options->recursive;
	change->mode = &chmod->mode;
	return 0;
}

static int run_chmod(void *options_pointer, char **arguments, struct bd_error *err)
{
	struct chmod chmod = { .options = options_pointer };

	if (bd_mode_parse(arguments[0], &chmod.mode, err) != 0)
		return -1;
	return inside_change_each(arguments + 1, chmod.options->dir, fill, &chmod, err);
}

const struct bd_command bd_command_chmod = {
	.name = "chmod",
	.arguments = "MODE GUEST:/PATH|IMAGE:/PATH...",
	.summary = "change permissions inside a guest's disk or an image",
	.description =
		"MODE is octal, or symbolic as chmod(1) has it: [ugoa...][-+=][rwxXst...|u|g|o], separated by "
		"commas. A "
		"symbolic link that is named is followed; those below a directory are left alone. * ? and [ are "
		"patterns (glob(7)) of this program; quote them." INSIDE_CHANGE_TEXT,
	.examples = "xen-bigdisk chmod 0600 web01:/etc/ssl/private/key.pem\toctal\n"
		    "xen-bigdisk chmod -R u=rwX,go=rX web01:/srv/www\tfiles 0644, directories 0755\n",
	.statuses = "456",
	.options = option_table,
	.options_size = sizeof(struct chmod_options),
	.run = run_chmod,
};
