/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks at the state in the superblock, and asks e2fsck. */
#include "ops/image/filesystem_state.h"

#include <errno.h>

#include "base/log.h"
#include "base/progress.h"
#include "inside/change/change.h"
#include "ops/image/e2fsprogs.h"

int filesystem_replay(const struct image_place *place, struct bd_fs_blocks *blocks, struct bd_error *err)
{
	const struct bd_change_request nothing = { .partition = place->partition, .image = place->image };

	if (!blocks->needs_replay)
		return 0;
	bd_progress_stage("replaying the journal", 0);
	if (bd_inside_change(place->fd, &nothing, NULL, err) != 0) {
		if (err->code != EIO && err->code != ENOTSUP)
			return bd_wrap(err, "%s", place->image);
		/* What is in the way stands in the message; what to do about it is the same for all of it. */
		bd_fail_as(
			err, err,
			"%s was not unmounted cleanly (%s); start the guest and shut it down cleanly, or repair it",
			place->image, err->message);
		return bd_set_field(err, IMAGE_REMEDY_CHECK);
	}
	bd_fs_blocks_dispose(blocks);
	if (bd_fs_blocks_read_to_change(place->fd, place->partition, blocks, err) != 0)
		return bd_wrap(err, "%s", place->image);
	bd_info("%s: the journal of its filesystem has been replayed first", place->image);
	return 0;
}

int filesystem_check_state(const struct image_place *place, const struct bd_fs_blocks *blocks, struct bd_error *err)
{
	if (!blocks->not_unmounted && !blocks->has_errors)
		return 0;
	bd_fail(err, EIO, "the filesystem of %s %s; start the guest and shut it down cleanly, or repair it",
		place->image, blocks->has_errors ? "is marked as having errors" : "was not unmounted cleanly");
	return bd_set_field(err, IMAGE_REMEDY_CHECK);
}

int filesystem_check_clean(const struct image_place *place, const struct bd_fs_blocks *blocks, struct bd_error *err)
{
	if (filesystem_check_state(place, blocks, err) != 0)
		return -1;
	bd_progress_stage("checking the filesystem", 0);
	return e2fsprogs_check(place->fd, blocks->offset_bytes, place->image, err);
}

int filesystem_check_if_due(const struct image_place *place, const struct bd_fs_blocks *blocks, struct bd_error *err)
{
	return blocks->is_unchecked ? filesystem_check_clean(place, blocks, err)
				    : filesystem_check_state(place, blocks, err);
}
