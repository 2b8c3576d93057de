/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts a tree of ours (rootfs/tree.h) over the files of a filesystem inside an image. */
#ifndef BD_INSIDE_CHANGE_PUT_TREE_H
#define BD_INSIDE_CHANGE_PUT_TREE_H

#include "base/err.h"
#include "inside/change/request.h"
#include "rootfs/tree.h"

/* A node takes the place of what is at its path, in an inode of its own, so that another name of the old one keeps what it had;
 * of a replaced regular file the SELinux label stays, unless the node has one. A directory that is there stays as it is; a whiteout takes a file away.
 * request: its changes and their count are set here. Errors as bd_inside_change; EISDIR, BD_KIND_EXISTS: a node would take the
 * place of a directory, or the reverse. */
int bd_inside_put_tree(int fd, const struct bd_tree *tree, const struct bd_change_request *request,
		       struct bd_error *err);

#endif
