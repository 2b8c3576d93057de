/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `grow` and `shrink`: another size for a guest's disk. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/printable.h"
#include "base/progress.h"
#include "cli/as_if_stopped.h"
#include "cli/command.h"
#include "cli/dir_option.h"
#include "cli/image/advice.h"
#include "ops/image/resize.h"

struct resize_options {
	const char *dir;
	bool dry_run, as_if_stopped, json;
};

#define AT(member) offsetof(struct resize_options, member)

static const struct bd_option option_table[] = {
	DIR_OPTION_ROW(struct resize_options),
	{ BD_OPTION_FLAG, "dry-run", NULL, "only check, and print what would be changed", AT(dry_run) },
	AS_IF_STOPPED_ROW(struct resize_options),
	{ BD_OPTION_FLAG, "json", NULL, "print a JSON object on stdout", AT(json) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static void print_running(const struct resize_result *result, const char *is, const char *was)
{
	const char *device = result->running.device;
	int partition = result->running.partition;
	char commands[128];

	if (partition)
		snprintf(commands, sizeof(commands), "growpart /dev/%s %d && resize2fs /dev/%s%d", device, partition,
			 device, partition);
	else
		snprintf(commands, sizeof(commands), "resize2fs /dev/%s", device);
	if (!result->running.guest_sees)
		bd_print(
			stdout,
			"%s: its image has %s now (was %s); the running guest sees that when it is started the next time, and "
			"growing it again while it is stopped makes the filesystem larger\n",
			result->guest, is, was);
	else if (result->running.has_swap)
		bd_print(
			stdout,
			"%s: its disk has %s now (was %s), also in the running guest; the swap partition is in the way of the "
			"root partition there: stop the guest and grow it again to this size\n",
			result->guest, is, was);
	else if (result->is_device)
		bd_print(stdout, "%s: the running guest sees the %s of its device; in the guest, run: %s\n",
			 result->guest, is, commands);
	else
		bd_print(stdout,
			 "%s: its disk has %s now (was %s), also in the running guest; in the guest, run: %s\n",
			 result->guest, is, was, commands);
}

static void print_plan(const struct resize_result *result)
{
	const char *name = result->guest ? result->guest : result->image;
	char was[32], is[32], fs_was[32], fs_is[32];

	bd_format_size(result->was_bytes, was, sizeof(was));
	bd_format_size(result->bytes, is, sizeof(is));
	bd_format_size(result->fs_was_bytes, fs_was, sizeof(fs_was));
	bd_format_size(result->fs_bytes, fs_is, sizeof(fs_is));
	if (!result->changed)
		bd_print(stdout, "%s has %s already: nothing to do\n", name, is);
	else if (!result->fs_bytes)
		bd_print(stdout, "%s would have %s (now %s); it runs, so its filesystem would stay as it is\n", name,
			 is, was);
	else if (result->is_device)
		bd_print(
			stdout,
			"%s: the first %s of its device would be used, its filesystem would have about %s (now %s)\n",
			name, is, fs_is, fs_was);
	else
		bd_print(stdout, "%s would have %s (now %s), its filesystem about %s (now %s)\n", name, is, was,
			 fs_is, fs_was);
}

static void print_result(const struct resize_result *result)
{
	const char *name = result->guest ? result->guest : result->image;
	char was[32], is[32], fs_was[32], fs_is[32];

	bd_format_size(result->was_bytes, was, sizeof(was));
	bd_format_size(result->bytes, is, sizeof(is));
	bd_format_size(result->fs_was_bytes, fs_was, sizeof(fs_was));
	bd_format_size(result->fs_bytes, fs_is, sizeof(fs_is));
	if (result->completed)
		bd_print(stdout, "%s: an interrupted change of its size has been completed\n", name);
	if (result->is_running && !result->fs_bytes)
		print_running(result, is, was);
	else if (!result->changed)
		bd_print(stdout, "%s has %s already, and its filesystem %s\n", name, is, fs_is);
	else if (result->is_device)
		bd_print(stdout, "%s: the first %s of its device are used now, its filesystem has %s (was %s)\n",
			 name, is, fs_is, fs_was);
	else
		bd_print(stdout, "%s has %s now (was %s), its filesystem %s (was %s)\n", name, is, was, fs_is,
			 fs_was);
}

static int print_json(const struct resize_result *result, bool dry_run, struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_begin();

	bd_json_string(json, "name", result->guest);
	bd_json_string(json, "image", result->image);
	bd_json_string(json, "state", dry_run ? "planned" : "resized");
	bd_json_uint(json, "was_bytes", result->was_bytes);
	bd_json_uint(json, "size_bytes", result->bytes);
	bd_json_uint(json, "partition", (uint64_t)result->partition);
	bd_json_uint(json, "filesystem_was_bytes", result->fs_was_bytes);
	bd_json_uint(json, "filesystem_bytes", result->fs_bytes);
	bd_json_bool(json, "changed", result->changed);
	bd_json_bool(json, "completed", result->completed);
	bd_json_bool(json, "running", result->is_running);
	if (!dry_run)
		bd_json_bool(json, "at_next_start", result->is_running && !result->running.guest_sees);
	return bd_json_finish(json, err);
}

static int parse_size(const char *text, char sign, struct resize_request *request, struct bd_error *err)
{
	request->is_whole = !text;
	if (!text)
		return 0;
	request->is_difference = *text == sign;
	if (bd_parse_size(text + request->is_difference, "SIZE", &request->size_bytes, err) != 0)
		return -1;
	return request->size_bytes ? 0 : bd_usage(err, "SIZE must be more than 0");
}

static int run_resize(enum resize_way way, const struct resize_options *options, char **arguments,
		      struct bd_error *err)
{
	BD_DISPOSE(resize_result_dispose) struct resize_result result = { 0 };
	struct resize_request request = { .place = arguments[0],
					  .dir = options->dir,
					  .way = way,
					  .dry_run = options->dry_run,
					  .as_if_stopped = options->as_if_stopped };

	if (as_if_stopped_check(options->as_if_stopped, options->dry_run, err) != 0 ||
	    parse_size(arguments[1], way == RESIZE_GROW ? '+' : '-', &request, err) != 0)
		return -1;
	if (image_resize(&request, &result, err) != 0)
		return image_advise(arguments[0], err);
	bd_progress_end(0);
	if (options->json)
		return print_json(&result, options->dry_run, err);
	if (bd_log_level() >= BD_LOG_INFO)
		(options->dry_run ? print_plan : print_result)(&result);
	return 0;
}

static int run_grow(void *options, char **arguments, struct bd_error *err)
{
	return run_resize(RESIZE_GROW, options, arguments, err);
}

static int run_shrink(void *options, char **arguments, struct bd_error *err)
{
	return run_resize(RESIZE_SHRINK, options, arguments, err);
}

#define SAFE_TEXT \
	"\n\nThe change is made as a whole: resize2fs works on a copy of the filesystem's metadata, and what it changed there, the " \
	"partition table and the swap area are written down beside the image before any of it is done. Interrupted at any point, by " \
	"Ctrl-C, kill or a power failure, the disk is as it was, or the same command completes the change. The filesystem has to be " \
	"clean; a journal that was left to be replayed is replayed first, and a filesystem that was mounted since its last check is " \
	"checked first (e2fsck -fn).\n\n"

#define TABLE_TEXT \
	"The partition of the filesystem (IMAGE@2: of the second partition) must be the last one on the disk, or have only a swap " \
	"partition behind it. That keeps its size and UUID, and goes with the end of the disk; /etc/fstab stays right. The partitions of " \
	"new --mount lie before the root's: they keep their sizes, and are not in its way. The table is an " \
	"MBR, in which the partition must be a primary one, or a GPT, whose copy goes with the end, too. A disk without partitions is " \
	"fine as well."

#define JSON_TEXT \
	"\n\n--json prints an object with name (null: the image was named), image, state (\"resized\"; \"planned\" with --dry-run), was_bytes, size_bytes, partition (0: none), " \
	"filesystem_was_bytes, filesystem_bytes (both 0: not looked at), changed, completed (an interrupted change), running, " \
	"at_next_start (the running guest does not see it before; not with --dry-run)."

const struct bd_command bd_command_grow = {
	.name = "grow",
	.arguments = "GUEST|IMAGE [SIZE]",
	.summary = "make a guest's disk larger, with partition and filesystem",
	.description =
		"Makes the disk larger: the image file, which stays sparse, the partition and the ext2, ext3 or ext4 filesystem in it. "
		"SIZE is that of the whole disk, as in new --size, or +4G for 4 GiB more. A logical volume that new --lvm has made is made "
		"larger first. For another block device (made larger before, as by lvextend) it is how much of it is used, and all "
		"of it where SIZE is left out." SAFE_TEXT TABLE_TEXT
		"\n\nThe image of a running guest is made larger, and nothing in it is touched. Where Xen's block backend of Linux has it as "
		"a loop device, or has a block device itself, the guest sees the new size at once, and partition and filesystem are to be "
		"made larger inside; the message has the commands. Where QEMU is the backend, the guest sees it at its next start." JSON_TEXT,
	.examples = "xen-bigdisk grow web01 8G\tthe disk of web01 has 8 GiB from now on\n"
		    "xen-bigdisk grow disk.img +4G\tan image\n"
		    "lvextend -L 16G /dev/vg/web02 && xen-bigdisk grow web02\ta guest on a logical volume\n",
	.statuses = "456",
	.options = option_table,
	.options_size = sizeof(struct resize_options),
	.run = run_grow,
};

const struct bd_command bd_command_shrink = {
	.name = "shrink",
	.arguments = "GUEST|IMAGE SIZE",
	.summary = "make a guest's disk smaller, without losing data",
	.description =
		"Makes the filesystem smaller, then its partition, then the image file. SIZE is that of the whole disk, as in new --size "
		"(-- -4G: 4 GiB less). It must leave room for what resize2fs -P says that the filesystem needs; else nothing is changed, "
		"and the message has the figures. On a block device the partitions end there afterwards, and the device can be made "
		"smaller, as with lvreduce. The guest must not run." SAFE_TEXT TABLE_TEXT
		" Blocks that have to move take room on the host for a while." JSON_TEXT,
	.examples = "xen-bigdisk shrink web01 2G\tthe disk of web01 has 2 GiB from now on\n",
	.statuses = "456",
	.options = option_table,
	.options_size = sizeof(struct resize_options),
	.run = run_shrink,
};
