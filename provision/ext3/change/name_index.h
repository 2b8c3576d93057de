/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names in large directories that are being changed, in memory. libext2fs reads a directory from its beginning for every
 * name that it looks up, adds or removes, which for 100,000 names in one directory takes minutes. */
#ifndef BD_EXT3_CHANGE_NAME_INDEX_H
#define BD_EXT3_CHANGE_NAME_INDEX_H

#include <ext2fs/ext2fs.h>
#include <stdbool.h>

struct bd_name_index;

/* NULL: no memory. Directories are read when they are first asked for; few of them are kept. */
struct bd_name_index *bd_name_index_new(ext2_filsys fs);
void bd_name_index_free(struct bd_name_index *index);

/* All functions return a libext2fs code, and false in *known_out for a directory that is not kept, as it is small or of a kind
 * that only libext2fs knows: then nothing was done. Names are terminated. */

/* *number_out: 0: there is no such name. */
errcode_t bd_name_index_find(struct bd_name_index *index, ext2_ino_t directory, const char *name, bool *known_out,
			     ext2_ino_t *number_out);
/* Writes an entry, which is not there, into a block of the directory, and adds one where all are full.
 * type: EXT2_FT_..., which is not written where the filesystem does not keep it. */
errcode_t bd_name_index_add(struct bd_name_index *index, ext2_ino_t directory, const char *name, ext2_ino_t number,
			    int type, bool *known_out);
/* EXT2_ET_FILE_NOT_FOUND: the name is not there, or another file's. */
errcode_t bd_name_index_remove(struct bd_name_index *index, ext2_ino_t directory, const char *name, ext2_ino_t number,
			       bool *known_out);

/* ext2fs_link, which leaves it to its caller to add a block where a directory is full. */
errcode_t bd_directory_link(ext2_filsys fs, ext2_ino_t directory, const char *name, ext2_ino_t number, int type);

/* The directory was changed by somebody else, or is gone. */
void bd_name_index_forget(struct bd_name_index *index, ext2_ino_t directory);

#endif
