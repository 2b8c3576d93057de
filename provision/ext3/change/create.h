/* SPDX-License-Identifier: GPL-2.0-or-later */
/* New files of any kind in a filesystem that is being changed, and the metadata of existing ones. */
#ifndef BD_EXT3_CHANGE_CREATE_H
#define BD_EXT3_CHANGE_CREATE_H

#include "base/err.h"
#include "ext3/change/changer.h"
#include "rootfs/file_meta.h"

/* A file without content, with all metadata, under a name that is not there. ENOSPC, E2BIG (attributes), EMLINK. */
int bd_file_create(struct bd_changer *changer, ext2_ino_t directory, const char *name,
		   const struct bd_file_meta *meta, ext2_ino_t *number_out, struct bd_error *err);

/* Owner, mode, times and all extended attributes become those of meta, whose type is that of the file. */
int bd_file_set_meta(struct bd_changer *changer, ext2_ino_t number, const struct bd_file_meta *meta,
		     struct bd_error *err);

/* Its times of access and modification become those of meta. */
int bd_file_set_times(struct bd_changer *changer, ext2_ino_t number, const struct bd_file_meta *meta,
		      struct bd_error *err);

/* Its permissions become `mode`, or its owner and group uid and gid where they are not -1. As chmod(2) and chown(2), which takes
 * set-user-ID, set-group-ID where the group may execute it, and capabilities from files. */
int bd_file_set_mode(struct bd_changer *changer, ext2_ino_t number, unsigned mode, struct bd_error *err);
int bd_file_set_owner(struct bd_changer *changer, ext2_ino_t number, int64_t uid, int64_t gid, struct bd_error *err);

#endif
