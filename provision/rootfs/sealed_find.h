/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds files in a sealed root by their paths, as a kernel running in it would. */
#ifndef BD_ROOTFS_SEALED_FIND_H
#define BD_ROOTFS_SEALED_FIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rootfs/sealed.h"

/* The inode at an absolute path; symlinks on the way are followed, the last one only with `follow`. BD_SEALED_NONE: it is
 * not there. ELOOP: symlinks in a circle. */
int bd_sealed_find(const struct bd_sealed *sealed, const char *path, bool follow, uint32_t *index_out,
		   struct bd_error *err);
/* Likewise, and reads it; found_out: whether it is there. What it gives is valid until the next call on the same reader. */
int bd_sealed_find_inode(struct bd_sealed_reader *reader, const char *path, bool follow,
			 struct bd_sealed_inode *inode_out, bool *found_out, struct bd_error *err);
/* The path with all symlinks of its parents resolved; components that do not exist stay as they are. The caller frees. */
int bd_sealed_resolve_parents(const struct bd_sealed *sealed, const char *path, char **path_out,
			      struct bd_error *err);
/* A regular file (symlinks are followed), with a NUL behind it; the caller frees. NULL: it is not there, or is no regular
 * file. EFBIG: it is larger than limit_bytes. */
int bd_sealed_read_file(const struct bd_sealed *sealed, const char *path, size_t limit_bytes, char **data_out,
			size_t *size_bytes_out, struct bd_error *err);
/* Calls visit for each entry of a directory; nothing when there is no such directory. visit's -1 ends it. */
int bd_sealed_list(const struct bd_sealed *sealed, const char *path,
		   int (*visit)(void *context, const char *name, uint8_t type, struct bd_error *err), void *context,
		   struct bd_error *err);

#endif
