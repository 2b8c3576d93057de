/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The changes that a guest's identity makes to a root filesystem: a tree that is overlaid on a sealed template or
 * on a guest's own filesystem, or is the whole root if that was built together with the guest. Paths are the
 * guest's; symlinks of the template in them are followed, so that /lib/x goes to /usr/lib if /lib is a symlink. */
#ifndef BD_ROOTFS_OVERLAY_H
#define BD_ROOTFS_OVERLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "rootfs/root_reader.h"
#include "rootfs/tree.h"

struct bd_overlay {
	const struct bd_root_reader *root; /* what is there already; NULL: there is only the tree */
	struct bd_tree *tree;
};

/* The mode of what the guest will have there, symlinks not followed; 0: nothing. */
int bd_overlay_mode(const struct bd_overlay *overlay, const char *path, mode_t *mode_out, struct bd_error *err);
/* Whether the guest will have anything there; likewise; and at any of several paths, whose list ends in NULL. */
int bd_overlay_exists(const struct bd_overlay *overlay, const char *path, bool *there_out, struct bd_error *err);
int bd_overlay_has_any(const struct bd_overlay *overlay, const char *const *paths, bool *there_out,
		       struct bd_error *err);

/* A regular file's text as the guest will have it, symlinks followed; the caller frees. NULL: there is none. */
int bd_overlay_read(const struct bd_overlay *overlay, const char *path, char **text_out, struct bd_error *err);

/* Likewise, all of its bytes. */
int bd_overlay_read_data(const struct bd_overlay *overlay, const char *path, char **data_out, size_t *size_bytes_out,
			 struct bd_error *err);

/* Each replaces what is there, but no directory; parents are made. Owner: root. */
int bd_overlay_put(const struct bd_overlay *overlay, const char *path, mode_t permissions, const void *data,
		   size_t size_bytes, struct bd_error *err);
int bd_overlay_put_text(const struct bd_overlay *overlay, const char *path, mode_t permissions, const char *text,
			struct bd_error *err);
int bd_overlay_put_host_file(const struct bd_overlay *overlay, const char *path, mode_t permissions,
			     const char *host_path, struct bd_error *err);
int bd_overlay_put_symlink(const struct bd_overlay *overlay, const char *path, const char *target,
			   struct bd_error *err);
/* Keeps mode and owner of the file that is there; else permissions, and root's. */
int bd_overlay_rewrite(const struct bd_overlay *overlay, const char *path, mode_t permissions, const char *text,
		       struct bd_error *err);
/* An existing directory stays as it is. */
int bd_overlay_put_dir(const struct bd_overlay *overlay, const char *path, mode_t permissions, struct bd_error *err);
/* Of what was put there, or a directory that was made. */
int bd_overlay_set_owner(const struct bd_overlay *overlay, const char *path, uint32_t uid, uint32_t gid,
			 struct bd_error *err);

/* Mode and owner of a directory, also of one that the template has, whose entries and other metadata stay. A symbolic link to it is
 * followed. */
int bd_overlay_change_dir(const struct bd_overlay *overlay, const char *path, mode_t permissions, uint32_t uid,
			  uint32_t gid, struct bd_error *err);

/* Takes away what the template has there, if anything; in a tree of our own there is nothing to take away. */
int bd_overlay_remove(const struct bd_overlay *overlay, const char *path, struct bd_error *err);
/* Calls bd_overlay_remove for what the template has in the folder and `wanted` chooses by its name. */
int bd_overlay_remove_all(const struct bd_overlay *overlay, const char *folder, bool (*wanted)(const char *name),
			  struct bd_error *err);

#endif
