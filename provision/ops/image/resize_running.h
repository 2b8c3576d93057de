/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A larger disk for a guest that runs. */
#ifndef BD_OPS_IMAGE_RESIZE_RUNNING_H
#define BD_OPS_IMAGE_RESIZE_RUNNING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "ops/image/place.h"

struct resize_running {
	bool guest_sees; /* the new size; else at its next start */
	bool has_swap; /* behind the filesystem, where the guest's own tools cannot move it */
	int partition; /* of the filesystem; 0: it is the whole disk */
	char device[32]; /* how the guest calls the disk */
};

/* Makes the image file larger, up to size_bytes, and tells the loop devices that have it; of a block device only finds out. Nothing in
 * it is touched: partition and filesystem are in the guest's hands. blkback looks at the size of its device ten times a second
 * (xen_vbd_resize in the kernel's drivers/block/xen-blkback), and the guest's blkfront is told through xenstore. QEMU's qdisk keeps the
 * size that it has seen when it opened the image, and libxl has no call by which to change that. */
int resize_running(const struct image_place *place, bool is_device, uint64_t was_bytes, uint64_t size_bytes,
		   struct resize_running *running_out, struct bd_error *err);

#endif
