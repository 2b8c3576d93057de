/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk of any format as one that can be read as it is. */
#ifndef BD_IMPORT_DISK_RAW_DISK_H
#define BD_IMPORT_DISK_RAW_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct bd_raw_disk {
	int fd; /* owned, for reading; -1: closed */
	uint64_t size_bytes; /* of the disk */
	bool is_unpacked; /* fd is an unnamed temporary file, into which a virtual disk was unpacked, with holes */
};

#define BD_RAW_DISK_INIT \
	{ \
		.fd = -1 \
	}

/* fd, borrowed: a file or block device; its offset moves. The content of a block device is always taken as it is; that of a file may be
 * a qcow2, VMDK, VHD, VHDX or VDI, which becomes a temporary file of no more than allocated_max_bytes (EFBIG), shown as a stage of the
 * progress. ENOTSUP: it is of another format, refers to other files, is encrypted, or of a size that no file can have. EIO: it is cut off. ENOPKG: qemu-img is not
 * installed. BD_KIND_NO_ROOM. */
int bd_raw_disk_open(int fd, uint64_t allocated_max_bytes, struct bd_raw_disk *disk_out, struct bd_error *err);
void bd_raw_disk_dispose(struct bd_raw_disk *disk); /* idempotent */

#endif
