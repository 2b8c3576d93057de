/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies one file out of an ext2, ext3 or ext4 filesystem inside an image. */
#ifndef BD_EXT3_READER_FILE_H
#define BD_EXT3_READER_FILE_H

#include <stdint.h>

#include "base/err.h"

/* Copies a regular file (symlinks are followed) out of the filesystem at offset_bytes into out_fd, which is an empty file;
 * holes stay holes. ENOENT: it is not there. EISDIR, EINVAL: it is not a regular file. ELOOP: symlinks in a circle. */
int bd_ext3_read_file(const char *path, uint64_t offset_bytes, const char *guest_path, int out_fd,
		      struct bd_error *err);

#endif
