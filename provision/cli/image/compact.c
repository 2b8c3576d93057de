/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `compact`: gives back what free blocks of a guest's disk take on the host. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/printable.h"
#include "base/progress.h"
#include "cli/command.h"
#include "cli/dir_option.h"
#include "cli/image/advice.h"
#include "ops/image/compact.h"

struct compact_options {
	const char *dir;
	bool json;
};

static const struct bd_option option_table[] = {
	DIR_OPTION_ROW(struct compact_options),
	{ BD_OPTION_FLAG, "json", NULL, "print a JSON object on stdout", offsetof(struct compact_options, json) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

/* Others may allocate blocks meanwhile, as for holes that the host's filesystem fills in. */
static uint64_t given_back(const struct compact_result *result)
{
	return result->was_allocated_bytes > result->allocated_bytes
		       ? result->was_allocated_bytes - result->allocated_bytes
		       : 0;
}

static int print_json(const struct compact_result *result, struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_begin();

	bd_json_string(json, "name", result->guest);
	bd_json_string(json, "image", result->image);
	bd_json_uint(json, "partition", (uint64_t)result->partition);
	bd_json_uint(json, "free_bytes", result->free_bytes);
	if (!result->is_device) {
		bd_json_uint(json, "was_allocated_bytes", result->was_allocated_bytes);
		bd_json_uint(json, "allocated_bytes", result->allocated_bytes);
		bd_json_uint(json, "given_back_bytes", given_back(result));
	}
	return bd_json_finish(json, err);
}

static int run_compact(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct compact_options *options = options_pointer;
	BD_DISPOSE(compact_result_dispose) struct compact_result result = { 0 };
	char back[32], now[32], free_text[32];

	if (image_compact(arguments[0], options->dir, &result, err) != 0)
		return image_advise(arguments[0], err);
	bd_progress_end(0);
	if (options->json)
		return print_json(&result, err);
	if (bd_log_level() < BD_LOG_INFO)
		return 0;
	bd_format_size(given_back(&result), back, sizeof(back));
	bd_format_size(result.allocated_bytes, now, sizeof(now));
	bd_format_size(result.free_bytes, free_text, sizeof(free_text));
	const char *name = result.guest ? result.guest : result.image;
	if (result.is_device)
		bd_print(stdout, "%s: the %s that are free in its filesystem have been discarded\n", name, free_text);
	else
		bd_print(stdout,
			 "%s: %s given back (%" PRIu64 " bytes), it takes %s now; %s are free in its filesystem\n",
			 name, back, given_back(&result), now, free_text);
	return 0;
}

const struct bd_command bd_command_compact = {
	.name = "compact",
	.arguments = "GUEST|IMAGE",
	.summary = "give back what free blocks of a guest's disk take on the host",
	.description =
		"Makes holes in the image where the ext2, ext3 or ext4 filesystem in it is free, as where files were removed, and "
		"prints how much the host got back. A block device is told to discard there. The free blocks are known from the "
		"filesystem's bitmaps, so it has to be clean, and is checked first (e2fsck -fn); a journal that was left to be replayed is "
		"replayed before. The guest must not run: a guest that runs does the same by fstrim. Interrupted, it can be run again.\n\n"
		"Of several filesystems it is the one with a system in it; IMAGE@2 is that in the second partition. --json prints an object with name (null: the image was named), "
		"image, partition (0: none), free_bytes (in the filesystem) and, for a file, was_allocated_bytes, "
		"allocated_bytes and given_back_bytes.",
	.examples = "xen-bigdisk compact web01\tafter much was removed in it\n",
	.statuses = "45",
	.options = option_table,
	.options_size = sizeof(struct compact_options),
	.run = run_compact,
};
