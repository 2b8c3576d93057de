/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether what is imported may change while it is read. */
#ifndef BD_IMPORT_DISK_UNUSED_H
#define BD_IMPORT_DISK_UNUSED_H

#include "base/err.h"

/* fd: the source that a disk is in, a file or block device. EBUSY: as bd_disk_check_unused (disk/use/in_use.h). An unnamed file is one that
 * a disk was unpacked into, and is open for writing by this program only. */
int bd_source_check_unused(int fd, struct bd_error *err);

#endif
