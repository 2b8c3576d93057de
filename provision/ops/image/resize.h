/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes a disk larger or smaller: image, partition table, filesystem, and the swap partition behind it. All of it is one change
 * (disk/redo.h): an interruption at any point leaves the disk as it was, or one that the same call completes. */
#ifndef BD_OPS_IMAGE_RESIZE_H
#define BD_OPS_IMAGE_RESIZE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "ops/image/resize_running.h"

enum resize_way { RESIZE_GROW, RESIZE_SHRINK };

struct resize_request {
	const char *place; /* GUEST, IMAGE, IMAGE@2 */
	const char *dir; /* of the guest's cfg; NULL: the system's */
	enum resize_way way;
	/* Of the disk. For a block device, whose size is not ours to change unless it is a logical volume that we have made, up to where it is
	 * used. */
	uint64_t size_bytes;
	bool is_whole; /* all of a block device, whatever size_bytes is */
	bool is_difference; /* size_bytes: by how much; RESIZE_GROW adds it, RESIZE_SHRINK takes it away */
	bool dry_run; /* all is decided and checked, and nothing is written, completed or replayed */
	bool as_if_stopped; /* of a dry run: a domain of the guest is passed over */
};

struct resize_result {
	char *image; /* owned */
	char *guest; /* owned; NULL: the image was named itself */
	uint64_t was_bytes, bytes; /* of the disk */
	int partition; /* of the filesystem; 0: the whole disk */
	uint64_t fs_was_bytes, fs_bytes; /* 0: not looked at; fs_bytes of a dry run: about so much */
	bool is_device, is_running, changed;
	bool completed; /* an earlier run, which had been interrupted */
	struct resize_running running; /* where it runs; not of a dry run */
};

void resize_result_dispose(struct resize_result *result); /* idempotent */

/* BD_KIND_USAGE: the size is on the wrong side of what there is, or too small for what is in it, with figures.
 * BD_KIND_IN_USE: as image_place_lock; a running guest's image can be grown, though, and only that: its partition and filesystem stay.
 * BD_KIND_NO_ROOM. ENOTSUP: bd_resize_plan. EIO: the filesystem is not clean.
 * A dry run looks at no lock, and does not ask e2fsck and resize2fs where a journal would have to be replayed first, or where the
 * filesystem is mounted in the guest that is passed over. */
int image_resize(const struct resize_request *request, struct resize_result *result_out, struct bd_error *err);

#endif
