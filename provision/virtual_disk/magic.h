/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Detects the format of a virtual disk by its first bytes. */
#ifndef BD_VIRTUAL_DISK_MAGIC_H
#define BD_VIRTUAL_DISK_MAGIC_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define BD_VIRTUAL_DISK_HEAD_BYTES 128u /* enough for this */

/* qemu-img's name for the format, also for those that are not read: "qcow2". NULL: none of those. */
const char *bd_virtual_disk_magic(const uint8_t *head, size_t size);

/* Of an open file, by the name that administrators have for it: "vhd". NULL: it is none of those, or cannot be read. */
const char *bd_virtual_disk_name_of(int fd);

/* For who takes what is in it for the disk itself. format: that its guest's config gives it; NULL: raw, or there is none. ENOTSUP: it has
 * another one; by its first bytes, only a file. path: for the message. */
int bd_virtual_disk_check_raw(int fd, const char *path, const char *format, struct bd_error *err);

#endif
