/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The filesystems that can be made here, by the names that mount(8) and fstab(5) have for them. */
#ifndef BD_EXT3_FS_TYPE_H
#define BD_EXT3_FS_TYPE_H

#include "base/err.h"

enum bd_fs_type { BD_FS_EXT3, BD_FS_EXT4 };

const char *bd_fs_type_name(enum bd_fs_type type);
int bd_fs_type_parse(const char *text, enum bd_fs_type *type_out, struct bd_error *err);

#endif
