/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk inside something else: disk.raw in a tar archive (Debian's cloud images, Google Compute Engine), an OVA, an XVA of XenServer
 * and XCP-ng, an LXD or Incus image of a virtual machine, a compressed image, or one that comes through a pipe. */
#ifndef BD_IMPORT_WRAP_INNER_DISK_H
#define BD_IMPORT_WRAP_INNER_DISK_H

#include "base/err.h"
#include "base/printable.h"
#include "base/progress.h"
#include "template/writer/writer.h"

struct bd_inner_disk {
	int fd; /* an unnamed temporary file, sparse, with the disk in whatever format it has; -1: closed */
	char name[BD_ENTRY_NAME_SIZE]; /* in what it was in: "disk.raw"; "": it is all that was there */
};

#define BD_INNER_DISK_INIT \
	{ \
		.fd = -1 \
	}

/* fd: of the archive or the compressed image, from where it stands; it need not be seekable. The writer's limits are those of the disk,
 * without its zeros (EFBIG). EINVAL: it has several disks, or none. */
int bd_inner_disk_unpack(int fd, const struct bd_sealed_writer *writer, bd_progress_report progress,
			 struct bd_inner_disk *disk_out, struct bd_error *err);
void bd_inner_disk_dispose(struct bd_inner_disk *disk); /* idempotent */

#endif
