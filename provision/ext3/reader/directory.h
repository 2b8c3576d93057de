/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the entries of one directory of an ext2, ext3 or ext4 filesystem, whether it is linear, a hash tree, or
 * inline in the inode (Documentation/filesystems/ext4/directory.rst). */
#ifndef BD_EXT3_READER_DIRECTORY_H
#define BD_EXT3_READER_DIRECTORY_H

#include <ext2fs/ext2fs.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct bd_ext_entry {
	ext2_ino_t inode;
	uint32_t name_at; /* in names */
	uint8_t type; /* enum bd_file_type; BD_TYPE_NONE where the filesystem does not keep it */
};

struct bd_ext_dir {
	struct bd_ext_entry *entries;
	size_t count;
	char *names; /* each terminated */
	size_t names_size, names_capacity;
};

void bd_ext_dir_dispose(struct bd_ext_dir *dir); /* idempotent */

/* All but "." and "..", in the order of strcmp. EIO: it is damaged. dir_out is to be disposed of in any case. */
int bd_ext_dir_read(ext2_filsys fs, ext2_ino_t number, struct bd_ext_dir *dir_out, struct bd_error *err);

/* The path that leads to a directory without symlinks, by a walk up to the root, whose path is "". The caller frees. */
int bd_ext_dir_path(ext2_filsys fs, ext2_ino_t number, char **path_out, struct bd_error *err);

#endif
