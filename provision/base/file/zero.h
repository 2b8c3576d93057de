/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes a range of a file or block device read as zeros, in the cheapest way that promises it. */
#ifndef BD_BASE_FILE_ZERO_H
#define BD_BASE_FILE_ZERO_H

#include <stdint.h>

#include "base/err.h"

/* Within what is there: a file does not grow. Blocks are given back where the filesystem or the device can do that, but not
 * those of a file, or of one behind a loop device, that is allocated as a whole: it stays so. path: for the message. */
int bd_zero_range(int fd, uint64_t begin_bytes, uint64_t size_bytes, const char *path, struct bd_error *err);

#endif
