/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The setup header of a Linux bzImage (the kernel's Documentation/arch/x86/boot.rst, protocol 2.08 of Linux 2.6.26 and later). */
#ifndef BD_KERNEL_BZIMAGE_H
#define BD_KERNEL_BZIMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/compression.h"
#include "kernel/stream.h"

#define BD_BZIMAGE_VERSION_SIZE 256

struct bd_bzimage {
	uint16_t protocol; /* 0x020f: 2.15 */
	/* "6.1.0-57-amd64 (debian-kernel@lists.debian.org) #1 SMP …": printable ASCII, up to the first byte that is none; "" where the
	 * header names none. release is its first word, which is that of /lib/modules. */
	char version[BD_BZIMAGE_VERSION_SIZE], release[BD_BZIMAGE_VERSION_SIZE];
	/* In the file, with the four bytes behind it (kernel/compression.h). It lies within the file. */
	uint64_t payload_offset_bytes, payload_size_bytes;
	enum bd_compression compression;
	uint64_t window_bytes; /* bd_compression_window_bytes */
	uint32_t
		unpacked_bytes; /* as the payload itself says; UINT32_MAX where it does not: of none or an unknown compression */
	uint32_t memory_bytes; /* that it takes to start at all: init_size of the header; 0: it does not say */
};

#define BD_BZIMAGE_HEADER_BYTES 0x264

/* What the header alone says, of the first bytes of a file: protocol, payload_offset_bytes and payload_size_bytes, which nobody has
 * checked, and memory_bytes. The others are zeroed. False: it is no bzImage, or one of a protocol before 2.08. */
bool bd_bzimage_parse_header(const void *data, size_t size_bytes, struct bd_bzimage *image_out);

/* ENOEXEC: it is no bzImage. ENOTSUP: its protocol is older than 2.08, so that it cannot be unpacked. EINVAL: it is damaged; the payload is
 * not within the file. That the compression is unknown is no error here. */
int bd_bzimage_read(const struct bd_kernel_source *source, struct bd_bzimage *image_out, struct bd_error *err);

#endif
