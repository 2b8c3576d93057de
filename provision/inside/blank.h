/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether there is anything on a disk, of whatever kind: before something is overwritten. */
#ifndef BD_INSIDE_BLANK_H
#define BD_INSIDE_BLANK_H

#include <stdbool.h>

#include "base/err.h"

/* Of a file, whether all of it is zeros; its holes are not read. Of a block device, whether its first 4 KiB are, as lvcreate(8)
 * leaves a new volume. fd: open for reading; its offset moves. BD_ECANCELED. */
int bd_disk_is_blank(int fd, bool *blank_out, struct bd_error *err);

#endif
