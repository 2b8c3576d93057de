/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A view of the host's files in which nothing can be written, for programs that read what is not trusted. */
#ifndef BD_SANDBOX_MOUNTS_H
#define BD_SANDBOX_MOUNTS_H

#include <stdbool.h>

/* Of a process in a mount namespace of its own, in whose user namespace it has CAP_SYS_ADMIN: all mounts become read-only, without
 * set-user-ID programs and devices, and /dev has null, zero, random and urandom only. Descriptors that are open stay what they are,
 * also where they are opened again by way of /proc/self/fd. As far as the kernel can: from Linux 5.12 on. Async-signal-safe. */
void bd_mounts_seal(void);

/* Of such a process: its root directory becomes one with programs, libraries (/usr, and what else there is of /bin, /lib and their like),
 * the four devices, and the file or block device of the descriptor as BD_MOUNTS_FILE; nothing in it can be written. For programs that open
 * what they read by its real name, or list the root directory. False: that cannot be had, from Linux 5.12 on for lack of rights or because
 * the file has no name here. */
bool bd_mounts_make_root(int fd);
#define BD_MOUNTS_FILE "/file"

#endif
