/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes a disk that was sent (send.h) onto a device or into an image that is there. */
#ifndef BD_OPS_IMAGE_RECEIVE_H
#define BD_OPS_IMAGE_RECEIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "diskstream/read.h"

struct receive_request {
	const char *to; /* GUEST or IMAGE, at least as large as the disk in the stream */
	const char *dir; /* of the guest's cfg; NULL: the system's */
	int from_fd; /* borrowed */
	bool overwrite; /* whatever is on the target */
};

struct receive_result {
	char *image; /* owned */
	char *guest; /* owned; NULL: the image was named itself */
	uint64_t target_bytes;
	struct bd_disk_stream_facts facts;
};

/* Of an error: something is on the target, and overwrite was not asked for. */
#define RECEIVE_REMEDY_OVERWRITE 1

void receive_result_dispose(struct receive_result *result); /* idempotent */

/* Everything that is not in the stream is zeros afterwards, to the end of the target. Its first 2 MiB, where the partition table, the
 * boot sector and the first superblock are, and its last MiB (disk/device.h) are blank from before the first write until all else is
 * written, and the first 4 KiB until all else is on the disk: whatever ends it before leaves nothing that boots.
 * BD_KIND_EXISTS: RECEIVE_REMEDY_OVERWRITE. BD_KIND_NO_ROOM: the target is too small. BD_KIND_IN_USE: as image_place_lock.
 * EINVAL: as bd_disk_stream_read. */
int image_receive(const struct receive_request *request, struct receive_result *result_out, struct bd_error *err);

#endif
