/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The header of a virtual disk, as far as it says whether the disk is all in this one file, and how large it is. */
#ifndef BD_VIRTUAL_DISK_HEADER_H
#define BD_VIRTUAL_DISK_HEADER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "virtual_disk/format.h"

/* ENOTSUP: it refers to another file (a backing file, a data file, a parent, extents), or is encrypted or otherwise of a kind that is
 * not read. EINVAL: it is of another format, or cut off. QEMU opens the files that a header names when it merely looks at the image,
 * so this comes before it. */
int bd_virtual_disk_check_header(int fd, enum bd_disk_format format, struct bd_error *err);

/* A VHD of fixed size begins as a raw disk does: it is known by its footer. */
bool bd_virtual_disk_is_fixed_vhd(int fd);

/* The size of the disk as its guest sees it, by the header. format: as xl has it, "qcow", "qcow2", "vhd" or "qed". False: it is of another
 * format, or cut off. */
bool bd_virtual_disk_size(int fd, const char *format, uint64_t *bytes_out);

/* The same answer for what qemu-img finds. Returns -1. */
int bd_virtual_disk_fail_refers(struct bd_error *err, const char *what);

#endif
