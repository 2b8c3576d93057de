/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small tree of files to be put into a guest's filesystem, in addition to those of a template or over them. Nodes
 * are kept in the order of insertion; a parent comes before its children.
 *
 * Paths are absolute inside the guest ("/etc/hostname"), without "." or ".." or a trailing slash. The tree owns all
 * its strings and data. */
#ifndef BD_ROOTFS_TREE_H
#define BD_ROOTFS_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "rootfs/file_meta.h"

struct bd_node {
	char *path;
	mode_t mode; /* S_IFDIR, S_IFREG, S_IFLNK, S_IFCHR, S_IFBLK, S_IFIFO or S_IFSOCK with the permission bits; 0: a whiteout */
	uint32_t uid, gid; /* 0 unless set by hand after the add */
	char *host_path; /* S_IFREG: the content is this file of the host, when data is NULL */
	void *data; /* S_IFREG: the content; S_IFLNK: the target */
	size_t size_bytes; /* of data */
	dev_t rdev; /* S_IFCHR, S_IFBLK */
	bool changes_dir; /* S_IFDIR: a directory that is there already takes mode and owner, too */
	struct bd_xattr label; /* of SELinux; its value is owned, and NULL where there is none */
};

struct bd_tree {
	struct bd_node *nodes;
	size_t count;
	uint32_t *index; /* hash table of paths: place in nodes + 1, 0 for an empty place */
	size_t index_size; /* a power of two, or 0 */
};

void bd_tree_dispose(struct bd_tree *tree); /* idempotent */

/* Each add copies its arguments. EEXIST when the path is there, EINVAL for a path of the wrong form, ENAMETOOLONG
 * for a name of more than 255 bytes, ENOENT when its parent directory is not in the tree ("/" always is, and need
 * not be added), ENOTDIR when the parent is something else. A directory may be added twice; the first wins.
 * bd_tree_add_device also takes S_IFIFO and S_IFSOCK, which have no rdev. */
int bd_tree_add_dir(struct bd_tree *tree, const char *path, mode_t permissions, struct bd_error *err);
int bd_tree_add_data(struct bd_tree *tree, const char *path, mode_t permissions, const void *data, size_t size_bytes,
		     struct bd_error *err);
int bd_tree_add_text(struct bd_tree *tree, const char *path, mode_t permissions, const char *text,
		     struct bd_error *err);
int bd_tree_add_host_file(struct bd_tree *tree, const char *path, mode_t permissions, const char *host_path,
			  struct bd_error *err);
int bd_tree_add_symlink(struct bd_tree *tree, const char *path, const char *target, struct bd_error *err);
int bd_tree_add_device(struct bd_tree *tree, const char *path, mode_t mode, dev_t rdev, struct bd_error *err);

/* Adds the parents of path that are not there, as directories of 0755 of root. */
int bd_tree_add_parents(struct bd_tree *tree, const char *path, struct bd_error *err);

/* For a tree that is laid over a sealed template: nothing is to be at this path, whatever the template has there. The
 * parents must be in the tree, as for every node. A node of the tree itself gives way, but no directory does (EISDIR);
 * a later add at the same path takes the whiteout's place. */
int bd_tree_add_whiteout(struct bd_tree *tree, const char *path, struct bd_error *err);
/* ENOENT: no such node. */
int bd_tree_set_owner(struct bd_tree *tree, const char *path, uint32_t uid, uint32_t gid, struct bd_error *err);

/* A directory of a template keeps its mode and owner where the tree has it, too; this one takes those given here, and keeps all
 * else. The parents must be in the tree, as for every node; the directory may be, already. ENOTDIR: it is something else there. */
int bd_tree_change_dir(struct bd_tree *tree, const char *path, mode_t permissions, uint32_t uid, uint32_t gid,
		       struct bd_error *err);

/* The value is copied; it is that of the xattr BD_SELINUX_LABEL. ENOENT: no such node. */
int bd_tree_set_label(struct bd_tree *tree, const char *path, const void *value, size_t size_bytes,
		      struct bd_error *err);

/* Moves what is below a directory, which stays, into a tree of its own, whose paths begin behind the directory's; its "/" is the
 * directory, where that is in the tree. The caller disposes of below_out. */
int bd_tree_take_below(struct bd_tree *tree, const char *path, struct bd_tree *below_out, struct bd_error *err);

/* NULL when it is not there, which "/" is only after it was added. The node moves with the next add. */
const struct bd_node *bd_tree_find(const struct bd_tree *tree, const char *path);

#endif
