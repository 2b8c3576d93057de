/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Punches holes between the ranges of used blocks. */
#include "ops/image/compact.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/process/cancel.h"
#include "base/progress.h"
#include "inside/blocks.h"
#include "ops/image/filesystem_state.h"
#include "ops/image/whole.h"

/* What is done between two looks at Ctrl-C. */
#define PIECE_BYTES (UINT64_C(1) << 30)

void compact_result_dispose(struct compact_result *result)
{
	free(result->image);
	free(result->guest);
	*result = (struct compact_result){ 0 };
}

/* Also where there is no data: space that the host has allocated, and nothing was written to, looks like a hole. */
static int punch(int fd, uint64_t from, uint64_t to, struct bd_error *err)
{
	while (from < to) {
		uint64_t size = to - from < PIECE_BYTES ? to - from : PIECE_BYTES;
		if (bd_cancel_check(err) != 0)
			return -1;
		if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)from, (off_t)size) != 0)
			return errno == EOPNOTSUPP
				       ? bd_fail(err, EOPNOTSUPP,
						 "the filesystem of the image knows no holes, or the device cannot discard")
				       : bd_fail_errno(err, "cannot make a hole");
		from += size;
	}
	return 0;
}

static int compact(const struct image_place *place, const struct bd_fs_blocks *blocks, struct compact_result *result,
		   struct bd_error *err)
{
	uint64_t free_from = 0, block = blocks->block_bytes;

	bd_progress_stage("giving free blocks back", blocks->block_count * block);
	for (size_t i = 0; i <= blocks->used.count; i++) {
		bool is_last = i == blocks->used.count;
		uint64_t to = is_last ? blocks->block_count : blocks->used.items[i].start;
		if (free_from < to) {
			result->free_bytes += (to - free_from) * block;
			if (punch(place->fd, blocks->offset_bytes + free_from * block,
				  blocks->offset_bytes + to * block, err) != 0)
				return bd_wrap(err, "%s", place->image);
		}
		bd_progress_update(to * block);
		if (!is_last)
			free_from = to + blocks->used.items[i].count;
	}
	return 0;
}

static int allocated(const struct image_place *place, uint64_t *bytes_out, struct bd_error *err)
{
	struct stat there;

	/* What has not been written yet may count differently. */
	if (fsync(place->fd) != 0 || fstat(place->fd, &there) != 0)
		return bd_fail_errno(err, "cannot flush %s", place->image);
	*bytes_out = (uint64_t)there.st_blocks * S_BLKSIZE;
	return 0;
}

int image_compact(const char *text, const char *dir, struct compact_result *result_out, struct bd_error *err)
{
	BD_DISPOSE(image_place_dispose) struct image_place place = IMAGE_PLACE_INIT;
	BD_DISPOSE(bd_fs_blocks_dispose) struct bd_fs_blocks blocks = { 0 };
	BD_DISPOSE(compact_result_dispose) struct compact_result result = { 0 };
	uint64_t size;

	if (image_whole_open(text, dir, &place, err) != 0 || image_place_lock(&place, err) != 0 ||
	    image_size(&place, &size, &result.is_device, err) != 0)
		return -1;
	if (bd_fs_blocks_read_to_change(place.fd, place.partition, &blocks, err) != 0)
		return bd_wrap(err, "%s", place.image);
	if (filesystem_replay(&place, &blocks, err) != 0 || filesystem_check_clean(&place, &blocks, err) != 0 ||
	    allocated(&place, &result.was_allocated_bytes, err) != 0 || compact(&place, &blocks, &result, err) != 0 ||
	    allocated(&place, &result.allocated_bytes, err) != 0)
		return -1;
	result.partition = blocks.partition;
	if (image_place_copy_names(&place, &result.image, &result.guest, err) != 0)
		return -1;
	*result_out = bd_take_struct(result);
	return 0;
}
