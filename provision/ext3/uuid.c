/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs e2fsck and tune2fs on a filesystem inside an image. */
#include "ext3/uuid.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/process/run.h"

int bd_ext3_set_uuid_by_tools(const char *path, uint64_t offset_bytes, const uint8_t uuid[16], struct bd_error *err)
{
	char text[BD_UUID_TEXT_SIZE], output[4096];
	BD_FREE char *device = NULL;

	bd_format_uuid(uuid, text);
	if (asprintf(&device, "%s?offset=%" PRIu64, path, offset_bytes) < 0) {
		device = NULL;
		return bd_no_memory(err);
	}
	const char *const fsck[] = { "e2fsck", "-fp", device, NULL };
	const char *const tune[] = { "tune2fs", "-U", text, device, NULL };
	/* 1: it has corrected something. */
	struct bd_run check = { .argv = fsck, .output = output, .output_size = sizeof(output), .also_good = 1 };
	/* It asks whether to go on, as this takes time on a large filesystem. */
	struct bd_run change = { .argv = tune, .stdin_text = "y\n", .output = output, .output_size = sizeof(output) };
	if (bd_run(&check, err) != 0)
		return bd_wrap(err, "cannot check the filesystem, which a new UUID needs here");
	return bd_run(&change, err) == 0 ? 0 : bd_wrap(err, "cannot change the filesystem's UUID");
}
