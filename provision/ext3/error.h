/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only conversion from libext2fs error codes (errcode_t; lib/ext2fs/ext2_err.et of e2fsprogs) to struct
 * bd_error. */
#ifndef BD_EXT3_ERROR_H
#define BD_EXT3_ERROR_H

#include <ext2fs/ext2fs.h>

#include "base/err.h"

/* As bd_fail; ": " and the text of ec are added. The code is an errno value that fits ec. Returns -1. */
int bd_fail_ext2(struct bd_error *err, errcode_t ec, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
