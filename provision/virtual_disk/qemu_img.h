/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtual disks as qemu-img(1) reads and writes them. The format of what it reads is always given to it: were it guessed, a guest could
 * write the header of another one into its raw disk, with the name of any file of the host in it. For the same reason no image is
 * touched that refers to other files. */
#ifndef BD_VIRTUAL_DISK_QEMU_IMG_H
#define BD_VIRTUAL_DISK_QEMU_IMG_H

#include <stdint.h>

#include "base/err.h"
#include "virtual_disk/format.h"

/* The size of the disk in an image. ENOTSUP: it refers to another file (a backing file, a data file, a VHD's parent), or is encrypted.
 * EINVAL: it is of another format. */
int bd_qemu_img_check(int fd, enum bd_disk_format format, uint64_t *disk_bytes_out, struct bd_error *err);

/* Whether all that its tables name is there: QEMU reads what lies behind the end of a file as zeros. EIO: it is not. */
int bd_qemu_img_check_complete(int fd, enum bd_disk_format format, struct bd_error *err);

struct bd_qemu_img_job {
	int fd; /* what is read; both are borrowed */
	enum bd_disk_format format;
	int to_fd; /* an empty file */
	enum bd_disk_format to_format;
	uint64_t disk_bytes; /* as bd_qemu_img_check says */
	uint64_t allocated_max_bytes; /* of to_fd; 0: no limit */
};

/* Updates the progress of a stage whose total is disk_bytes. EFBIG: it would take more than it may. */
int bd_qemu_img_convert(const struct bd_qemu_img_job *job, struct bd_error *err);

#endif
