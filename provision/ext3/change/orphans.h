/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that were open when their last name went, or that were being truncated, when a filesystem was last in use: ext4 keeps a
 * list of them, or a file (orphan_file), and finishes them when it mounts the filesystem. Sources: the kernel's
 * Documentation/filesystems/ext4/orphan.rst and fs/ext4/orphan.c.
 */
#ifndef BD_EXT3_CHANGE_ORPHANS_H
#define BD_EXT3_CHANGE_ORPHANS_H

#include "base/err.h"
#include "ext3/change/changer.h"

/* Finishes them, as a part of the changes; the list has to be gone before any inode of it is touched. EIO: it is damaged. */
int bd_orphans_finish(struct bd_changer *changer, struct bd_error *err);

#endif
