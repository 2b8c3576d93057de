/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Converts a disk. */
#include "ops/image/convert.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/cleanup.h"
#include "base/file/atomic_file.h"
#include "base/file/file.h"
#include "base/parse.h"
#include "base/progress.h"
#include "base/text.h"
#include "ops/image/whole.h"
#include "virtual_disk/qemu_img.h"

void convert_result_dispose(struct convert_result *result)
{
	free(result->image);
	free(result->guest);
	*result = (struct convert_result){ 0 };
}

static int decide_formats(const struct convert_request *request, const struct image_place *place,
			  struct convert_result *result, struct bd_error *err)
{
	const char *image = place->image, *from_format = request->from_format ? request->from_format : place->format;

	if (from_format) {
		if (bd_disk_format_parse(from_format, &result->from_format, err) != 0)
			return bd_wrap(err, "the format of %s", image);
	} else if (!bd_disk_format_of_name(image, &result->from_format)) {
		result->from_format = BD_DISK_FORMAT_RAW;
	}
	if (request->to_format)
		return bd_disk_format_parse(request->to_format, &result->to_format, err) != 0
			       ? bd_wrap(err, "the format of %s", request->to)
			       : 0;
	if (!bd_disk_format_of_name(request->to, &result->to_format))
		return bd_usage(
			err, "the name %s does not end in .qcow2, .vhd, .img or .raw: say which format it is to have",
			request->to);
	return 0;
}

static int check_room(const struct image_place *place, const char *to, struct bd_error *err)
{
	char folder[PATH_MAX], need_text[32], free_text[32];
	struct stat there;
	struct statvfs room;

	bd_path_folder(to, folder);
	if (fstat(place->fd, &there) != 0 || statvfs(folder, &room) != 0)
		return bd_fail_lookup(err, "cannot use the directory %s", folder);
	/* What a block device holds is not known. */
	uint64_t need = S_ISREG(there.st_mode) ? (uint64_t)there.st_blocks * S_BLKSIZE : 0;
	uint64_t free_bytes = bd_free_bytes(&room);
	if (need <= free_bytes)
		return 0;
	bd_format_size(need, need_text, sizeof(need_text));
	bd_format_size(free_bytes, free_text, sizeof(free_text));
	return bd_no_room(err, "%s takes %s, and %s has %s free", place->image, need_text, folder, free_text);
}

static int convert(const struct convert_request *request, const struct image_place *place,
		   struct convert_result *result, struct bd_error *err)
{
	BD_DISPOSE(bd_atomic_file_dispose) struct bd_atomic_file draft = BD_ATOMIC_FILE_INIT;
	struct stat there;

	if (bd_atomic_file_open(request->to, 0600, &draft, err) != 0 || check_room(place, request->to, err) != 0)
		return -1;
	if (bd_qemu_img_check(place->fd, result->from_format, &result->disk_bytes, err) != 0)
		return bd_wrap(err, "%s", place->image);
	const struct bd_qemu_img_job job = { .fd = place->fd,
					     .format = result->from_format,
					     .to_fd = draft.fd,
					     .to_format = result->to_format,
					     .disk_bytes = result->disk_bytes };
	bd_progress_stage("converting the image", result->disk_bytes);
	if (bd_qemu_img_convert(&job, err) != 0)
		return bd_wrap(err, "%s", place->image);
	bd_progress_stage("flushing it to the disk", 0);
	if (bd_atomic_file_sync(&draft, err) != 0)
		return -1;
	if (fstat(draft.fd, &there) != 0)
		return bd_fail_errno(err, "cannot access %s", request->to);
	result->allocated_bytes = (uint64_t)there.st_blocks * S_BLKSIZE;
	if (bd_atomic_file_publish(&draft, err) != 0)
		return -1;
	return bd_atomic_file_sync_folder(&draft, err);
}

int image_convert(const struct convert_request *request, struct convert_result *result_out, struct bd_error *err)
{
	BD_DISPOSE(image_place_dispose) struct image_place place = IMAGE_PLACE_INIT;
	BD_DISPOSE(convert_result_dispose) struct convert_result result = { 0 };

	if (image_whole_open_any(request->from, request->dir, &place, err) != 0)
		return -1;
	if (place.partition)
		return bd_usage(err, "a whole image is converted, not a partition: %s", request->from);
	if (decide_formats(request, &place, &result, err) != 0 || image_place_hold_still(&place, err) != 0 ||
	    convert(request, &place, &result, err) != 0)
		return -1;
	if (image_place_copy_names(&place, &result.image, &result.guest, err) != 0)
		return -1;
	*result_out = bd_take_struct(result);
	return 0;
}
