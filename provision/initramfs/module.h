/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks for a kernel module in an initramfs: archives in cpio's format "newc", one behind the other, of which the first may have
 * microcode only and the last ones are mostly compressed, together or each for itself (the kernel's
 * Documentation/driver-api/early-userspace/buffer-format.rst). */
#ifndef BD_INITRAMFS_MODULE_H
#define BD_INITRAMFS_MODULE_H

#include <stddef.h>

#include "base/err.h"

enum bd_initramfs_module {
	BD_INITRAMFS_UNKNOWN, /* it cannot be read to its end */
	BD_INITRAMFS_ABSENT,
	BD_INITRAMFS_THERE,
};

/* In the sandbox. module: "xen-blkfront", which has the same name with underscores; its file may be compressed. Fails only where the
 * sandbox does, or a signal has come. */
int bd_initramfs_find_module(const void *data, size_t size_bytes, const char *module,
			     enum bd_initramfs_module *found_out, struct bd_error *err);

#endif
