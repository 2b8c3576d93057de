/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies of a disk in another format. */
#ifndef BD_OPS_IMAGE_CONVERT_H
#define BD_OPS_IMAGE_CONVERT_H

#include <stdint.h>

#include "base/err.h"
#include "virtual_disk/format.h"

struct convert_request {
	const char *from; /* GUEST or IMAGE */
	const char *dir; /* of the guest's cfg; NULL: the system's */
	const char *to; /* a file that is not there */
	const char *from_format,
		*to_format; /* NULL: by the names; "raw" for a name that says nothing, but of `to` it has to */
};

struct convert_result {
	char *image; /* owned */
	char *guest; /* owned; NULL: the image was named itself */
	enum bd_disk_format from_format, to_format;
	uint64_t disk_bytes; /* as a guest sees it */
	uint64_t allocated_bytes; /* that the new file takes */
};

void convert_result_dispose(struct convert_result *result); /* idempotent */

/* The new file is complete and on the disk, or not there.
 * BD_KIND_EXISTS: it is there. BD_KIND_IN_USE: the guest runs, or another program has the image open for writing. BD_KIND_NO_ROOM.
 * ENOTSUP: the image refers to other files. ENOPKG: qemu-img is not installed. */
int image_convert(const struct convert_request *request, struct convert_result *result_out, struct bd_error *err);

#endif
