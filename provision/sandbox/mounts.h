/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A view of the host's files in which nothing can be written, for programs that read what is not trusted. */
#ifndef BD_SANDBOX_MOUNTS_H
#define BD_SANDBOX_MOUNTS_H

/* Of a process in a mount namespace of its own, in whose user namespace it has CAP_SYS_ADMIN: all mounts become read-only, without
 * set-user-ID programs and devices, and /dev has null, zero, random and urandom only. Descriptors that are open stay what they are,
 * also where they are opened again by way of /proc/self/fd. As far as the kernel can: from Linux 5.12 on. Async-signal-safe. */
void bd_mounts_seal(void);

#endif
