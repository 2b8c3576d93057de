/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disks that libxl gives to a guest, or to its boot loader, as the file or block device that they are. */
#ifndef BD_LIBXL_LOCAL_DISK_H
#define BD_LIBXL_LOCAL_DISK_H

#include <stdbool.h>

#include <libxl.h>

/* In raw format, in this domain, without a script of its own, and there. */
bool bd_disk_is_local(const libxl_device_disk *disk);

#endif
