/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `chown`: owners of files inside an image. */
#include <stddef.h>

#include "base/cleanup.h"
#include "cli/dir_option.h"
#include "cli/inside/change.h"
#include "ops/inside/owner.h"

struct chown_options {
	const char *dir;
	bool recursive;
};

#define AT(member) offsetof(struct chown_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_FLAG, "recursive", NULL, "of directories also what is in them", AT(recursive) },
	DIR_OPTION_ROW(struct chown_options),
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

struct chown {
	const struct chown_options *options;
	const char *owner;
	const char *image; /* the argument for whose image the IDs are */
	int64_t uid, gid;
};

/* A name may be another number in another image. */
static int fill(void *context, const char *argument, struct bd_change *change, struct bd_error *err)
{
	struct chown *chown = context;

	if (!chown->image || !inside_is_same_image(chown->image, argument)) {
		BD_DISPOSE(image_place_dispose) struct image_place place = IMAGE_PLACE_INIT;
		if (image_place_open(argument, chown->options->dir, &place, err) != 0 ||
		    inside_owner_parse(&place, chown->owner, &chown->uid, &chown->gid, err) != 0)
			return -1;
		chown->image = argument;
	}
	change->kind = BD_CHANGE_OWNER;
	change->recursive = chown->options->recursive;
	change->uid = chown->uid;
	change->gid = chown->gid;
	return 0;
}

static int run_chown(void *options_pointer, char **arguments, struct bd_error *err)
{
	struct chown chown = { .options = options_pointer, .owner = arguments[0] };

	return inside_change_each(arguments + 1, chown.options->dir, fill, &chown, err);
}

const struct bd_command bd_command_chown = {
	.name = "chown",
	.arguments = "OWNER GUEST:/PATH|IMAGE:/PATH...",
	.summary = "change owners inside a guest's disk or an image",
	.description =
		"OWNER is USER, USER:GROUP, USER: (with the user's own group) or :GROUP. Names are those of the image's "
		"own /etc/passwd and /etc/group; numbers need neither. A symbolic link that is named is followed; those "
		"below a directory are changed themselves. * ? and [ are patterns (glob(7)) of this program; quote "
		"them." INSIDE_CHANGE_TEXT,
	.examples = "xen-bigdisk chown -R www-data: web01:/srv/www\tthe user and its group, as the guest knows them\n"
		    "xen-bigdisk chown 0:0 disk.img:/etc/shadow\tby numbers\n",
	.statuses = "456",
	.options = option_table,
	.options_size = sizeof(struct chown_options),
	.run = run_chown,
};
