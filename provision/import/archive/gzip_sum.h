/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checksum of gzip (RFC 1952, section 8), which libarchive reads over. */
#ifndef BD_IMPORT_ARCHIVE_GZIP_SUM_H
#define BD_IMPORT_ARCHIVE_GZIP_SUM_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32 of more data; begins with 0. */
uint32_t bd_gzip_sum(uint32_t sum, const void *data, size_t size_bytes);

#endif
