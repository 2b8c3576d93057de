/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the payload of a Linux kernel is compressed with, by its first bytes (the kernel's Documentation/arch/x86/boot.rst,
 * "payload_offset"). */
#ifndef BD_KERNEL_COMPRESSION_H
#define BD_KERNEL_COMPRESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bd_compression {
	BD_COMPRESSION_UNKNOWN,
	BD_COMPRESSION_NONE, /* an ELF file as it is */
	BD_COMPRESSION_GZIP,
	BD_COMPRESSION_BZIP2,
	BD_COMPRESSION_LZMA, /* the format of lzma(1), "LZMA alone" */
	BD_COMPRESSION_XZ,
	BD_COMPRESSION_LZO, /* as lzop(1) has it */
	BD_COMPRESSION_LZ4, /* the legacy frame, as lz4 -l has it */
	BD_COMPRESSION_ZSTD,
	BD_COMPRESSIONS
};

/* As much as bd_compression_of and bd_compression_window_bytes look at. */
#define BD_COMPRESSION_HEAD_BYTES 64

/* Fewer bytes than that are what there is. */
enum bd_compression bd_compression_of(const uint8_t *head, size_t size_bytes);

/* "gzip", "LZ4"; for messages. */
const char *bd_compression_name(enum bd_compression compression);

/* The four bytes behind what is compressed, which the kernel's build adds to all but gzip, whose format ends in the same: the size when
 * unpacked, modulo 2^32, little-endian (scripts/Makefile.lib, size_append). They are no part of what is compressed. */
#define BD_COMPRESSION_SIZE_BYTES 4
bool bd_compression_has_size_behind(enum bd_compression compression);

/* How much of what it has unpacked a decompressor keeps in memory, as the first frame or block says: what xz calls dictionary and zstd
 * window. 0: it is not said there, or is a constant of the format, below 16 MiB. */
uint64_t bd_compression_window_bytes(enum bd_compression compression, const uint8_t *head, size_t size_bytes);

#endif
