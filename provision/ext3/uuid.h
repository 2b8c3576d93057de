/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes the UUID of an ext4 filesystem whose checksums all depend on it (metadata_csum without
 * metadata_csum_seed). It runs e2fsprogs' own programs, because all metadata must be rewritten. */
#ifndef BD_EXT3_UUID_H
#define BD_EXT3_UUID_H

#include <stdint.h>

#include "base/err.h"

/* Checks the filesystem, as tune2fs demands of one that it writes anew, and gives it the UUID. path: another process
 * reaches the file by it; without "?". EIO: it has errors, or a program failed. ENOENT: they are not installed. */
int bd_ext3_set_uuid_by_tools(const char *path, uint64_t offset_bytes, const uint8_t uuid[16], struct bd_error *err);

#endif
