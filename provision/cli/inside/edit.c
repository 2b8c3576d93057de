/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `edit`: a file inside an image, in an editor. */
#include <stddef.h>

#include "base/log.h"
#include "cli/dir_option.h"
#include "cli/image/advice.h"
#include "cli/inside/change.h"
#include "ops/inside/edit.h"

struct edit_options {
	const char *dir;
};

static const struct bd_option option_table[] = {
	DIR_OPTION_ROW(struct edit_options),
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static int run_edit(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct edit_options *options = options_pointer;
	bool changed;

	if (inside_edit(arguments[0], options->dir, &changed, err) != 0)
		return image_advise(arguments[0], err);
	if (!changed)
		bd_info("%s was not changed", arguments[0]);
	return 0;
}

const struct bd_command bd_command_edit = {
	.name = "edit",
	.arguments = "GUEST:/PATH|IMAGE:/PATH",
	.summary = "edit a file inside a guest's disk or an image",
	.description =
		"Opens a copy of the file in $VISUAL or $EDITOR, or else in sensible-editor, editor or vi, whichever there "
		"is. If it was changed, its content is written back; "
		"owner, permissions, attributes and other names of the file stay. A symbolic link is followed. If the editor "
		"fails, nothing is changed." INSIDE_CHANGE_TEXT,
	.examples = "xen-bigdisk edit web01:/etc/fstab\tin your editor\n"
		    "EDITOR='sed -i s/^PasswordAuth.*/d/' xen-bigdisk edit web01:/etc/ssh/sshd_config\tin a script\n",
	.statuses = "456",
	.options = option_table,
	.options_size = sizeof(struct edit_options),
	.run = run_edit,
};
