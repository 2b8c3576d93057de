/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks at the state in the superblock, and asks e2fsck. */
#include "ops/image/filesystem_state.h"

#include <errno.h>

#include "base/progress.h"
#include "ops/image/e2fsprogs.h"

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
