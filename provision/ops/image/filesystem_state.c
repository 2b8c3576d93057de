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
	return bd_fail(
		err, EIO,
		"the filesystem of %s %s; start the guest and shut it down cleanly, or run: e2fsck -f '%s?offset=%llu'",
		place->image, blocks->has_errors ? "is marked as having errors" : "was not unmounted cleanly",
		place->image, (unsigned long long)blocks->offset_bytes);
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
