/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names in the directories of a filesystem that is being changed: adding, removing and moving them, with the counts that
 * depend on them. A name is one component of a path. */
#ifndef BD_EXT3_CHANGE_NAMES_H
#define BD_EXT3_CHANGE_NAMES_H

#include <stdbool.h>

#include "base/err.h"
#include "ext3/change/changer.h"

/* 0 in number_out: there is no such name. ENOTDIR: directory is none. */
int bd_name_find(struct bd_changer *changer, ext2_ino_t directory, const char *name, ext2_ino_t *number_out,
		 struct bd_error *err);

/* One more name, which is not there, of an existing file. mode: its type. Counts no link. */
int bd_name_add(struct bd_changer *changer, ext2_ino_t directory, const char *name, ext2_ino_t number, unsigned mode,
		struct bd_error *err);
/* One more name, and one more link. EMLINK: it has too many; EPERM: it is a directory. */
int bd_name_link(struct bd_changer *changer, ext2_ino_t directory, const char *name, ext2_ino_t number,
		 struct bd_error *err);
/* The file loses the name, and goes with its last one. ENOTEMPTY: it is a directory with entries. */
int bd_name_remove(struct bd_changer *changer, ext2_ino_t directory, const char *name, ext2_ino_t number,
		   struct bd_error *err);
/* The file gets another name, which is not there, perhaps in another directory. EINVAL: it would be inside itself. */
int bd_name_move(struct bd_changer *changer, ext2_ino_t directory, const char *name, ext2_ino_t number,
		 ext2_ino_t new_directory, const char *new_name, struct bd_error *err);

/* The inode that has lost its last name is free, and so are its blocks. */
errcode_t bd_file_release(struct bd_changer *changer, ext2_ino_t number, bool is_directory);

/* The directory's times of change are now. */
int bd_name_touch(struct bd_changer *changer, ext2_ino_t directory, struct bd_error *err);

#endif
