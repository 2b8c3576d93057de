/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of the filesystems. */
#include "ext3/fs_type.h"

#include <string.h>

const char *bd_fs_type_name(enum bd_fs_type type)
{
	return type == BD_FS_EXT4 ? "ext4" : "ext3";
}

int bd_fs_type_parse(const char *text, enum bd_fs_type *type_out, struct bd_error *err)
{
	if (strcmp(text, "ext3") == 0)
		*type_out = BD_FS_EXT3;
	else if (strcmp(text, "ext4") == 0)
		*type_out = BD_FS_EXT4;
	else
		return bd_usage(err, "must be ext3 or ext4, not \"%s\"", text);
	return 0;
}
