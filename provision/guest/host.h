/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest's config depends on in this host: bridges, GRUB for Xen, the restricted bootloader's user. */
#ifndef BD_GUEST_HOST_H
#define BD_GUEST_HOST_H

#include <stdbool.h>

#include "base/err.h"
#include "guest/guest.h"

/* vif.default.bridge of xl.conf(5), else "xenbr0". */
void bd_host_default_bridge(char name_out[16]);

/* ENXIO when there is no such bridge; the message names those that there are. */
int bd_host_check_bridge(const char *name, struct bd_error *err);

/* GRUB built as a Xen kernel for this type of guest: the first place where it is, or, with ENOPKG, where Debian
 * keeps it (path_out is set in both cases). */
int bd_host_find_pvgrub(enum bd_guest_type type, const char **path_out, struct bd_error *err);

/* The user that an unprivileged pygrub runs as. */
#define BD_BOOTLOADER_USER "xen-qemuuser-shared" /* libxl's LIBXL_QEMU_USER_SHARED */
#define BD_BOOTLOADER_USER_SINCE_MINOR 18 /* bootloader_restrict came with Xen 4.18 */
bool bd_host_has_bootloader_user(void);

/* Lets that user read an image, and nobody else, by an ACL: pygrub gives itself the user's number as its only group,
 * so the user's real group would not do. ENOTSUP: this filesystem has no ACLs. */
int bd_host_let_bootloader_read(int fd, struct bd_error *err);

#endif
