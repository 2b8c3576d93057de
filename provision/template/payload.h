/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a Linux kernel image is compressed with: not every loader unpacks everything. */
#ifndef BD_TEMPLATE_PAYLOAD_H
#define BD_TEMPLATE_PAYLOAD_H

#include <stddef.h>

#include "base/err.h"

/* Whether GRUB inside a PV guest, which has to unpack the kernel by itself, can do so (gzip, xz, LZO or not compressed;
 * grub-core/loader/i386/xen_file.c). ENOTSUP: it cannot; the message names the compression and the ways out.
 * kernel_path: a bzImage (the kernel's Documentation/arch/x86/boot.rst) on the host. */
int bd_payload_check_pv_grub(const char *kernel_path, struct bd_error *err);
int bd_payload_check_pv_grub_data(const void *kernel, size_t size_bytes, struct bd_error *err);

/* More than any bzImage has. */
#define BD_KERNEL_LIMIT_BYTES (256u << 20)

#endif
