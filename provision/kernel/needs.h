/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a Linux kernel image needs to be started: a loader that can unpack it, and memory. */
#ifndef BD_KERNEL_NEEDS_H
#define BD_KERNEL_NEEDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Whether GRUB inside a PV guest, which has to unpack the kernel by itself, can do so (gzip, xz, LZO or not compressed;
 * grub-core/loader/i386/xen_file.c). ENOTSUP: it cannot; the message names the compression and the ways out.
 * kernel_path: a bzImage (the kernel's Documentation/arch/x86/boot.rst) on the host. */
int bd_kernel_check_pv_grub(const char *kernel_path, struct bd_error *err);
int bd_kernel_check_pv_grub_data(const void *kernel, size_t size_bytes, struct bd_error *err);

/* The memory that it takes to be unpacked and to run at all: init_size of the setup header. 0: it does not say. */
uint64_t bd_kernel_memory_bytes(const void *kernel, size_t size_bytes);
/* The same for a file of the host. */
int bd_kernel_file_memory_bytes(const char *kernel_path, uint64_t *bytes_out, struct bd_error *err);

/* More than any bzImage has. */
#define BD_KERNEL_LIMIT_BYTES (256u << 20)

#endif
