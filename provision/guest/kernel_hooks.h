/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hooks in a guest, by which its own tools have its boot entries written anew when a kernel is installed or removed. */
#ifndef BD_GUEST_KERNEL_HOOKS_H
#define BD_GUEST_KERNEL_HOOKS_H

#include <stdbool.h>

#include "base/err.h"
#include "rootfs/overlay.h"

/* In the guest. */
#define BD_BOOT_ENTRIES_PATH "/usr/local/lib/xen-bigdisk/boot-entries"

/* Adds that program, and a hook that calls it for each way in which distributions announce a kernel, if the guest has the tool that
 * would call the hook. boot_entries: the text of templates/guest/boot-entries. *added_out: whether the packages of kernels call one
 * of the hooks. */
int bd_kernel_hooks_add(const char *boot_entries, const struct bd_overlay *overlay, bool *added_out,
			struct bd_error *err);

#endif
