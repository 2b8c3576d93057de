/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds out what of a disk is in use, and writes that. */
#include "ops/image/send.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file/atomic_file.h"
#include "base/progress.h"
#include "diskstream/write.h"
#include "ops/image/used_ranges.h"
#include "ops/image/whole.h"

void send_result_dispose(struct send_result *result)
{
	free(result->image);
	free(result->guest);
	*result = (struct send_result){ 0 };
}

static int write_stream(const struct image_place *place, const struct used_ranges *used, int to_fd,
			struct send_result *result, struct bd_error *err)
{
	struct stat there;

	if (fstat(place->fd, &there) != 0)
		return bd_fail_errno(err, "cannot access %s", place->image);
	const struct bd_disk_stream_job job = { .from_fd = place->fd,
						.disk_bytes = result->disk_bytes,
						.ranges = &used->ranges,
						.mtime = there.st_mtime,
						.to_fd = to_fd,
						.progress = bd_progress_update };
	bd_progress_stage("sending the disk", result->data_bytes);
	return bd_disk_stream_write(&job, result->checksum, err) != 0 ? bd_wrap(err, "cannot send %s", place->image)
								      : 0;
}

static int write_file(const struct image_place *place, const struct used_ranges *used, struct bd_atomic_file *draft,
		      struct send_result *result, struct bd_error *err)
{
	if (write_stream(place, used, draft->fd, result, err) != 0)
		return -1;
	bd_progress_stage("flushing it to the disk", 0);
	if (bd_atomic_file_sync(draft, err) != 0 || bd_atomic_file_publish(draft, err) != 0)
		return -1;
	return bd_atomic_file_sync_folder(draft, err);
}

static int send_disk(const struct send_request *request, const struct image_place *place, struct send_result *result,
		     struct bd_error *err)
{
	BD_DISPOSE(bd_atomic_file_dispose) struct bd_atomic_file draft = BD_ATOMIC_FILE_INIT;
	BD_DISPOSE(used_ranges_dispose) struct used_ranges used = { 0 };
	bool is_device;

	/* What is on a disk is nobody else's business. */
	if (request->to && !request->dry_run && bd_atomic_file_open(request->to, 0600, &draft, err) != 0)
		return -1;
	if (image_size(place, &result->disk_bytes, &is_device, err) != 0)
		return -1;
	if (!result->disk_bytes)
		return bd_fail(err, EINVAL, "%s is empty", place->image);
	if (image_used_ranges(place, result->disk_bytes, request->whole, &used, err) != 0)
		return -1;
	result->data_bytes = bd_disk_stream_data_bytes(&used.ranges, result->disk_bytes);
	result->free_bytes = used.free_bytes;
	if (request->dry_run)
		return 0;
	return request->to ? write_file(place, &used, &draft, result, err)
			   : write_stream(place, &used, request->to_fd, result, err);
}

int image_send(const struct send_request *request, struct send_result *result_out, struct bd_error *err)
{
	BD_DISPOSE(image_place_dispose) struct image_place place = IMAGE_PLACE_INIT;
	BD_DISPOSE(send_result_dispose) struct send_result result = { 0 };

	if (image_whole_open(request->from, request->dir, &place, err) != 0)
		return -1;
	if (place.partition)
		return bd_usage(err, "a whole disk is sent, not a partition: %s", request->from);
	if ((request->dry_run ? image_place_check_free(&place, err) : image_place_hold_still(&place, err)) != 0 ||
	    send_disk(request, &place, &result, err) != 0)
		return -1;
	if (image_place_copy_names(&place, &result.image, &result.guest, err) != 0)
		return -1;
	*result_out = bd_take_struct(result);
	return 0;
}
