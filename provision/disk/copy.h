/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies a whole disk image to a new file, sharing its blocks if the host's filesystem supports it (FICLONE), else
 * copying everything except holes. */
#ifndef BD_DISK_COPY_H
#define BD_DISK_COPY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* to_fd: an empty file, or a device or a file that reads as zeros, and keeps its size where it is larger; where from_fd is a device, all of it is written, zeros too. Nothing is fsynced. progress: may be NULL. ENOSPC, EFBIG, BD_ECANCELED. */
int bd_disk_copy(int from_fd, int to_fd, void (*progress)(uint64_t bytes_done), struct bd_error *err);

/* Whether a copy in this folder would share the blocks, and take no room. */
bool bd_disk_copy_shares(int from_fd, const char *folder);

#endif
