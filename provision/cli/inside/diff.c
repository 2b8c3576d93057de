/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `diff`: what differs between two images, or between an image and a template. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/progress.h"
#include "cli/dir_option.h"
#include "cli/inside/change.h"
#include "cli/inside/read.h"
#include "ops/inside/diff.h"

struct diff_options {
	const char *dir;
	const char *template, *templates;
	bool times, json;
};

#define AT(member) offsetof(struct diff_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_TEXT, "template", "[NAME]",
	  "the older side is this template [the one that the guest was made from]", AT(template) },
	{ BD_OPTION_FLAG, "times", NULL, "compare times of modification, too", AT(times) },
	{ BD_OPTION_TEXT, "templates", "DIR", "template directory [" BD_LOCALSTATEDIR "/lib/xen-bigdisk/templates]",
	  AT(templates) },
	DIR_OPTION_ROW(struct diff_options),
	{ BD_OPTION_FLAG, "json", NULL, "print a JSON object on stdout", AT(json) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

/* The code of the error that says that there is a difference; its message is empty, as the differences are printed. */
#define CODE_DIFFERENT 10103

enum { STATUS_DIFFERENT = 1, STATUS_TROUBLE = 2 };

static const struct bd_exit_status statuses[] = {
	{ "0", "nothing differs" },
	{ "1", "something differs" },
	{ "2", "trouble, a usage error too; a line on stderr says what" },
	{ "128+N", "terminated by signal N (130: Ctrl-C)" },
	{ NULL, NULL },
};

static int exit_status(const struct bd_error *err)
{
	return err->code == CODE_DIFFERENT ? STATUS_DIFFERENT : STATUS_TROUBLE;
}

static const struct {
	unsigned bit;
	const char *name;
} bits[] = {
	{ INSIDE_DIFF_TYPE, "type" },
	{ INSIDE_DIFF_CONTENT, "content" },
	{ INSIDE_DIFF_MODE, "mode" },
	{ INSIDE_DIFF_TARGET, "target" },
	{ INSIDE_DIFF_DEVICE, "device" },
	{ INSIDE_DIFF_OWNER, "owner" },
	{ INSIDE_DIFF_ATTRIBUTES, "attributes" },
	{ INSIDE_DIFF_TIME, "time" },
};

/* --- for people --------------------------------------------------------------------------------------------------- */

static void print_values(unsigned bit, const struct bd_file_meta *from, const struct bd_file_meta *to)
{
	switch (bit) {
	case INSIDE_DIFF_TYPE:
		bd_print(stdout, " %s -> %s", image_type_name(from->mode), image_type_name(to->mode));
		break;
	case INSIDE_DIFF_MODE:
		bd_print(stdout, " %04o -> %04o", from->mode & 07777u, to->mode & 07777u);
		break;
	case INSIDE_DIFF_TARGET:
		bd_print(stdout, " %s -> %s", from->target, to->target);
		break;
	case INSIDE_DIFF_DEVICE:
		bd_print(stdout, " %u:%u -> %u:%u", from->rdev_major, from->rdev_minor, to->rdev_major,
			 to->rdev_minor);
		break;
	case INSIDE_DIFF_OWNER:
		bd_print(stdout, " %u:%u -> %u:%u", from->uid, from->gid, to->uid, to->gid);
		break;
	default:
		break;
	}
}

static void print_line(const struct inside_difference *difference)
{
	const char *what = !difference->from ? "added    " : !difference->to ? "removed  " : "changed  ";
	const char *separator = ": ";

	fputs(what, stdout);
	bd_print(stdout, "%s", difference->path);
	for (size_t i = 0; i < sizeof(bits) / sizeof(*bits); i++) {
		if (!(difference->bits & bits[i].bit))
			continue;
		bd_print(stdout, "%s%s", separator, bits[i].name);
		print_values(bits[i].bit, difference->from, difference->to);
		separator = ", ";
	}
	putchar('\n');
}

/* --- for programs ------------------------------------------------------------------------------------------------- */

static void put_side(struct bd_json *json, const char *key, const struct bd_file_meta *meta)
{
	char mode[8];

	if (!meta) {
		bd_json_string(json, key, NULL);
		return;
	}
	snprintf(mode, sizeof(mode), "%04o", meta->mode & 07777u);
	bd_json_open_object(json, key);
	bd_json_string(json, "type", image_type_name(meta->mode));
	bd_json_string(json, "mode", mode);
	bd_json_uint(json, "uid", meta->uid);
	bd_json_uint(json, "gid", meta->gid);
	bd_json_uint(json, "size_bytes", S_ISREG(meta->mode) ? meta->size_bytes : 0);
	bd_json_close_object(json);
}

static void put_json(struct bd_json *json, const struct inside_difference *difference)
{
	bd_json_open_object(json, NULL);
	bd_json_string(json, "path", difference->path);
	bd_json_string(json, "state", !difference->from ? "added" : !difference->to ? "removed" : "changed");
	bd_json_open_array(json, "differs");
	for (size_t i = 0; i < sizeof(bits) / sizeof(*bits); i++)
		if (difference->bits & bits[i].bit)
			bd_json_string(json, NULL, bits[i].name);
	bd_json_close_array(json);
	put_side(json, "from", difference->from);
	put_side(json, "to", difference->to);
	bd_json_close_object(json);
}

/* ------------------------------------------------------------------------------------------------------------------ */

static int take(void *context, const struct inside_difference *difference, struct bd_error *err)
{
	struct bd_json *json = context;
	(void)err;

	if (json)
		put_json(json, difference);
	else
		print_line(difference);
	return 0;
}

static int run_diff(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct diff_options *options = options_pointer;
	BD_DISPOSE(bd_json_free) struct bd_json *json = options->json ? bd_json_begin() : NULL;
	struct inside_diff diff = { .from = arguments[1] ? arguments[0] : NULL,
				    .to = arguments[1] ? arguments[1] : arguments[0],
				    .template = options->template == bd_option_no_value ? NULL : options->template,
				    .templates = options->templates,
				    .dir = options->dir,
				    .times = options->times,
				    .take = take,
				    .context = json };
	bool different;

	if ((arguments[1] != NULL) == (options->template != NULL))
		return bd_usage(err, arguments[1] ? "give two paths, or one and --template, but not both"
						  : "give a second path, or --template to compare with one");
	if (json)
		bd_json_open_array(json, "differences");
	bd_progress_only_long();
	int r = inside_diff(&diff, &different, err);
	bd_progress_end(r != 0);
	if (r != 0)
		return -1;
	if (json)
		bd_json_close_array(json);
	if (json && bd_json_finish(json, err) != 0)
		return -1;
	if (!different)
		return 0;
	err->code = CODE_DIFFERENT;
	err->kind = BD_KIND_FAILED;
	err->message[0] = '\0';
	return -1;
}

const struct bd_command bd_command_diff = {
	.name = "diff",
	.arguments = "GUEST:/PATH|IMAGE:/PATH [GUEST:/PATH|IMAGE:/PATH]",
	.summary = "show which files differ between two disks, or a disk and a template",
	.description =
		"Compares two files or directories with what is in them, and prints a line for each file that was added, was "
		"removed, or differs in its type, content, target, device number, mode, owner or extended attributes, in the order of the paths. With "
		"--template and one path, the template is the older side; what new writes for each guest (its host name, keys, "
		"fstab and boot entries) is among the differences then. The directory /lost+found itself is left out." IMAGE_READ_TEXT
		"\n\nThe exit status is that of diff(1), unlike that of most commands. --json prints an object with differences, each "
		"with path, state (added, removed, changed), differs (type, content, target, device, mode, owner, attributes, time), from and to "
		"(null, or an object with type, mode, uid, gid, size_bytes).",
	.examples = "xen-bigdisk diff web01:/etc web02:/etc\ttwo guests\n"
		    "xen-bigdisk diff web01:/ --template\twhat has been changed since it was created\n",
	.options = option_table,
	.options_size = sizeof(struct diff_options),
	.own_statuses = statuses,
	.exit_status = exit_status,
	.run = run_diff,
};
