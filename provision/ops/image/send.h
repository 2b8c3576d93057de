/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk as a stream (diskstream/sum.h) of what is in use on it. */
#ifndef BD_OPS_IMAGE_SEND_H
#define BD_OPS_IMAGE_SEND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/checksum.h"
#include "base/err.h"

struct send_request {
	const char *from; /* GUEST or IMAGE */
	const char *dir; /* of the guest's cfg; NULL: the system's */
	const char *to; /* a file that is not there; NULL: to_fd */
	int to_fd; /* borrowed */
	bool whole; /* free blocks of filesystems, too */
	bool dry_run; /* only finds out how much it would be */
};

struct send_result {
	char *image; /* owned */
	char *guest; /* owned; NULL: the image was named itself */
	uint64_t disk_bytes, data_bytes; /* of the disk, and of the data in the stream */
	uint64_t free_bytes; /* in filesystems, that were left out */
	char checksum[BD_CHECKSUM_SIZE]; /* "": dry_run */
};

void send_result_dispose(struct send_result *result); /* idempotent */

/* A file is complete and on the disk, or not there. BD_KIND_EXISTS: it is there. BD_KIND_IN_USE: as image_place_hold_still. */
int image_send(const struct send_request *request, struct send_result *result_out, struct bd_error *err);

#endif
