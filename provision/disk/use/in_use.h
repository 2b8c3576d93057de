/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds out whether other programs use a disk image, and keeps them away. */
#ifndef BD_DISK_USE_IN_USE_H
#define BD_DISK_USE_IN_USE_H

#include "base/err.h"

/* EBUSY: another program has the file open for writing, as a running guest's backend does; it says which, as far as that
 * can be seen, and how to give a loop device back. Asked with a lease (F_SETLEASE in fcntl(2)), which the kernel does not
 * give while there is a writer; no lock of ours would tell of other programs. Who does not own the file, and is not root, gets no
 * lease, and some filesystems have none: then it is found out only of loop devices and of processes that can be seen.
 * Of a device: it is mounted, part of another one, or otherwise held exclusively, also by ourselves; or it is a disk of a running
 * domain. */
int bd_disk_check_unused(int fd, struct bd_error *err);

/* Before it is written to. EBUSY also where a loop device of the file is only read: mounted read-only, part of another device, or a
 * disk of a running domain. */
int bd_disk_check_free(int fd, struct bd_error *err);

/* Opens it for writing, too, where bd_disk_check_free finds it free, and locks it (bd_lock_file) or, if it is a device, claims it, until
 * *fd_out is closed. path: how fd was opened. EBUSY also where another command of ours is at work on it, whoever runs it and by whatever
 * name, or another file is there now. */
int bd_disk_open_to_write(const char *path, int fd, int *fd_out, struct bd_error *err);

#endif
