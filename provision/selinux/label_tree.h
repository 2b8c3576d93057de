/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gives the files that are laid over a root filesystem their SELinux labels. */
#ifndef BD_SELINUX_LABEL_TREE_H
#define BD_SELINUX_LABEL_TREE_H

#include "base/err.h"
#include "rootfs/overlay.h"

/* Called when all else is in the tree. What takes the place of a file of its own type keeps that one's label. What is new gets
 * the label that the policy in the root has for it. Where the root uses SELinux but has no labels, or its policy cannot be asked
 * (matchpathcon(8) is not installed, or fails), the guest is told to label all of its files at its next boot (/.autorelabel), which
 * a warning says. who: the guest's name, for the warning. */
int bd_selinux_label_tree(const struct bd_overlay *overlay, const char *who, struct bd_error *err);

#endif
