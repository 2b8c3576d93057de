/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libext2fs' error codes as ours, for filesystems that templates are imported from. */
#ifndef BD_EXT3_READER_ERROR_H
#define BD_EXT3_READER_ERROR_H

#include <ext2fs/ext2fs.h>

#include "base/err.h"

/* As bd_fail; ": " and the text of ec are added. The code is errno's where ec is one, else EIO: the filesystem cannot
 * be read, mostly because it is damaged. Returns -1. */
int bd_ext_fail(struct bd_error *err, errcode_t ec, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
