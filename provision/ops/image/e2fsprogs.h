/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs of e2fsprogs, run on a filesystem at an offset of an open image or device. They check what they read themselves. */
#ifndef BD_OPS_IMAGE_E2FSPROGS_H
#define BD_OPS_IMAGE_E2FSPROGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* e2fsck -fn: nothing is changed. EIO: it has errors; the message says how to repair it. name: of the image, for that. */
int e2fsprogs_check(int fd, uint64_t offset_bytes, const char *name, struct bd_error *err);

/* resize2fs -P: the smallest size that it can get, in blocks, as it estimates. */
int e2fsprogs_minimum(int fd, uint64_t offset_bytes, uint64_t *blocks_out, struct bd_error *err);

/* resize2fs, of a filesystem at the beginning of a file; the file is cut off, or extended, at its end. One that may have to be
 * checked before is taken as it is. */
int e2fsprogs_resize(int fd, uint64_t blocks, struct bd_error *err);

/* e2image -r, or -ra with_data: into an empty file, the metadata, or all that is used, at its place. */
int e2fsprogs_copy(int fd, uint64_t offset_bytes, bool with_data, int to_fd, struct bd_error *err);

#endif
