/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole disk as a template keeps it. Its folder has the same three files as a root's, so that every program that knows templates can
 * say what it is and remove it:
 *
 *   manifest.json  version 3, kind "disk"
 *   payload        the disk, byte for byte, sparse: a reflink of it is a guest's disk
 *   tree           checksums of its pieces: template/disk/sums.h
 */
#ifndef BD_TEMPLATE_DISK_SEAL_H
#define BD_TEMPLATE_DISK_SEAL_H

#include <stdint.h>

#include "base/err.h"
#include "template/disk/sums.h"

/* What a filesystem allocates at once; shorter runs of zeros are written. */
#define BD_SEALED_DISK_BLOCK_BYTES 4096u

struct bd_sealed_disk {
	struct bd_disk_sums sums;
	uint64_t data_bytes; /* that are no holes */
};

/* Copies a disk of size_bytes into the empty file to_fd, without its blocks of zeros, or shares its blocks where the filesystem
 * can, or reads it where both are one descriptor, and makes the checksums of what is there then. Nothing is flushed. progress: bytes of data. EFBIG: more than limit_bytes
 * of data. The caller disposes of sealed_out->sums in any case. */
int bd_disk_seal(int from_fd, int to_fd, uint64_t size_bytes, uint64_t limit_bytes,
		 void (*progress)(uint64_t bytes_done), struct bd_sealed_disk *sealed_out, struct bd_error *err);

#endif
