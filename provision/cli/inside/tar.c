/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `tar`: files of an image as an archive, and back. */
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/progress.h"
#include "cli/dir_option.h"
#include "cli/image/advice.h"
#include "cli/inside/change.h"
#include "ops/inside/tar.h"
#include "ops/template/export.h"

struct tar_options {
	const char *dir;
	const char *compress;
	bool selinux;
};

#define AT(member) offsetof(struct tar_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_TEXT, "compress", "KIND", "none, gzip, xz or zstd [by the file's name]", AT(compress) },
	{ BD_OPTION_FLAG, "selinux", NULL, "labels as the archive has them, not as the image's policy does",
	  AT(selinux) },
	DIR_OPTION_ROW(struct tar_options),
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static int run_tar(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct tar_options *options = options_pointer;
	bool is_out = image_place_colon(arguments[0]), is_in = image_place_colon(arguments[1]);
	const char *kind = NULL;
	int r;

	if (is_out == is_in)
		return bd_usage(err, is_out ? "both paths are inside images; use cp -r to copy between them"
					    : "one of the two has to be GUEST:/path or IMAGE:/path");
	if (is_in && options->compress)
		return bd_usage(err, "--compress is for writing an archive; how one is compressed is found out");
	if (is_out && options->selinux)
		return bd_usage(err, "--selinux is for unpacking; an archive that is written has all labels");
	if (is_out && strcmp(arguments[1], "-") == 0 && isatty(STDOUT_FILENO))
		return bd_usage(err, "an archive is not for a terminal; redirect standard output or name a file");
	if (is_out && bd_template_export_compression(options->compress, arguments[1], &kind, err) != 0)
		return bd_wrap(err, "--compress");
	bd_progress_only_long();
	r = is_out ? inside_tar_out(arguments[0], options->dir, arguments[1], kind, err)
		   : inside_tar_in(arguments[0], arguments[1], options->dir, options->selinux, err);
	bd_progress_end(r != 0);
	return r == 0 ? 0 : image_advise(arguments[1], err);
}

const struct bd_command bd_command_tar = {
	.name = "tar",
	.arguments = "GUEST:/PATH|IMAGE:/PATH|FILE FILE|GUEST:/PATH|IMAGE:/PATH",
	.summary = "pack files inside a guest's disk or an image, or unpack an archive there",
	.description =
		"With the path inside an image first, writes a pax archive of what is in the directory, with all that "
		"template export keeps; it is complete or not there, and replaces no file. With the path inside an image "
		"second, unpacks an archive of any kind that template import reads (tar, cpio, zip and others, compressed or "
		"not) there: existing files are replaced, existing directories kept with what is in them. FILE may be \"-\" for "
		"standard output or input." INSIDE_LABELS_TEXT
		" The archive's own labels are kept there, and elsewhere with --selinux, as with tar(1)." INSIDE_CHANGE_TEXT,
	.examples = "xen-bigdisk tar web01:/etc etc.tar.zst\tout\n"
		    "xen-bigdisk tar site.tar.gz web01:/srv/www\tin\n"
		    "xen-bigdisk tar web01:/home - | ssh backup 'cat >web01-home.tar'\tto another host\n",
	.statuses = "3456",
	.options = option_table,
	.options_size = sizeof(struct tar_options),
	.run = run_tar,
};
