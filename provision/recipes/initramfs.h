/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes a tree of files as an initramfs: a cpio archive in the "newc" format, which the kernel unpacks
 * (Documentation/driver-api/early-userspace/buffer-format.rst). */
#ifndef BD_RECIPES_INITRAMFS_H
#define BD_RECIPES_INITRAMFS_H

#include <stddef.h>

#include "base/err.h"
#include "rootfs/tree.h"

/* Not compressed: under emulation the kernel would take longer to unpack it than the boot loader to read it.
 * The caller frees data. The same tree gives the same bytes. */
int bd_initramfs_encode(const struct bd_tree *tree, void **data_out, size_t *size_bytes_out, struct bd_error *err);

#endif
