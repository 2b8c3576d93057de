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

/* EBUSY: another program has the file open for writing, as a running guest's backend does; it says which, as far as that
 * can be seen, and how to give a loop device back. Asked with a lease (F_SETLEASE in fcntl(2)), which the kernel does not
 * give while there is a writer; no lock of ours would tell of other programs. Where the host's filesystem
 * has no leases nothing is found out. */
int bd_disk_check_unused(int fd, struct bd_error *err);

/* Before it is written to. EBUSY also where a loop device of the file is only read: mounted read-only, part of another device, or a
 * disk of a running domain. */
int bd_disk_check_free(int fd, struct bd_error *err);

#endif
