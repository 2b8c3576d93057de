/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `cp`: files out of images, into them, and from one to another. */
#include <stddef.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/progress.h"
#include "cli/dir_option.h"
#include "cli/image/advice.h"
#include "cli/inside/change.h"
#include "ops/inside/copy.h"

struct cp_options {
	const char *dir;
	const char *owner;
	bool recursive, archive, selinux;
};

#define AT(member) offsetof(struct cp_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_FLAG, "recursive", NULL, "directories with what is in them, and files of every kind",
	  AT(recursive) },
	{ BD_OPTION_FLAG, "archive", NULL, "the same as --recursive: all that it keeps is kept anyway", AT(archive) },
	{ BD_OPTION_TEXT, "owner", "OWNER", "whom it belongs to in the image, as chown has it [as before]",
	  AT(owner) },
	{ BD_OPTION_FLAG, "selinux", NULL, "labels as the sources have them, not as the image's policy does", AT(selinux) },
	DIR_OPTION_ROW(struct cp_options),
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static int run_cp(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct cp_options *options = options_pointer;
	size_t count = 0;
	bool is_inside = false;

	for (; arguments[count]; count++)
		is_inside = is_inside || image_place_colon(arguments[count]);
	if (!is_inside)
		return bd_usage(err, "none of the paths is inside an image; write GUEST:/path or IMAGE:/path");
	if (options->owner && !image_place_colon(arguments[count - 1]))
		return bd_usage(err, "--owner is for copies into an image");
	if (options->selinux && !image_place_colon(arguments[count - 1]))
		return bd_usage(err, "--selinux is for copies into an image");
	char *destination = arguments[count - 1];
	arguments[count - 1] = NULL;
	const struct inside_copy copy = { .sources = (const char *const *)arguments,
					  .destination = destination,
					  .dir = options->dir,
					  .recursive = options->recursive || options->archive,
					  .owner = options->owner,
					  .keeps_labels = options->selinux };
	bd_progress_only_long();
	int r = inside_copy(&copy, err);
	bd_progress_end(r != 0);
	return r == 0 ? 0 : image_advise(destination, err);
}

const struct bd_command bd_command_cp = {
	.name = "cp",
	.arguments = "PATH|GUEST:/PATH|IMAGE:/PATH... PATH|GUEST:/PATH|IMAGE:/PATH",
	.summary = "copy files into, out of and between guests' disks and images",
	.description =
		"As cp(1) and scp(1): if the last path is a directory, the files are copied into it; several files need one. "
		"Mode, owner, times, extended attributes, ACLs, hard links and holes are kept; on the host the owner only by "
		"root, and without it no set-user-ID bit. Without --recursive only regular files are copied, and symbolic links "
		"are followed; with it they are copied as links. An existing file is replaced when its copy is complete.\n\n"
		"Out of an image, as with cp(1): what cannot be read or created is reported, the others follow, and the status is that of "
		"the first error. A destination that is a symbolic link to a file or a directory is followed. Other than with cp(1), no "
		"link in a destination directory is followed, as the names there come from the image: nothing is written outside of it. "
		"* ? and [ are patterns (glob(7)) of this program; quote them." INSIDE_LABELS_TEXT
		" The sources' own labels are kept there, and elsewhere with --selinux, as with cp --preserve=context." INSIDE_CHANGE_TEXT,
	.examples = "xen-bigdisk cp web01:/etc/fstab .\tout\n"
		    "xen-bigdisk cp -r site/ web01:/srv/www --owner www-data:\tin, for the guest's web server\n"
		    "xen-bigdisk cp -r web01:/etc/ssh web02:/etc\tfrom one to another\n",
	.statuses = "3456",
	.options = option_table,
	.options_size = sizeof(struct cp_options),
	.run = run_cp,
};
