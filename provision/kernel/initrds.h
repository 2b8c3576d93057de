/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several initrds as one file, as GRUB hands them to a kernel (grub-core/loader/linux.c): each after the first one begins at a multiple of
 * 4 bytes, with zeros before it; behind the last one there is nothing. The kernel's init/initramfs.c unpacks them one after the other. */
#ifndef BD_KERNEL_INITRDS_H
#define BD_KERNEL_INITRDS_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/stream.h"

#define BD_INITRDS_ALIGN_BYTES 4

/* Zeros behind at_bytes of them, before the next one. */
uint64_t bd_initrds_padding(uint64_t at_bytes);

/* The size of the whole. EFBIG: it is larger than limit_bytes. */
int bd_initrds_size(const struct bd_kernel_source *sources, size_t count, uint64_t limit_bytes, uint64_t *size_out,
		    struct bd_error *err);

/* Writes it; the size is what bd_initrds_size says, and where it is larger than limit_bytes, nothing is written (EFBIG). EINVAL: one of
 * them ends before its size. For GRUB's "newc:NAME:FILE", which makes an archive of a file, see kernel/newc.h. */
int bd_initrds_join(const struct bd_kernel_source *sources, size_t count, uint64_t limit_bytes,
		    const struct bd_kernel_sink *sink, struct bd_error *err);

#endif
