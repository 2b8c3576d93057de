/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The template "mini": the distribution's kernel, an initramfs, busybox. Built from the host on each use. */
#ifndef BD_RECIPES_MINI_H
#define BD_RECIPES_MINI_H

#include <limits.h>

#include "base/err.h"
#include "recipes/kernel.h"
#include "rootfs/tree.h"

/* What it is made of. */
struct bd_mini_parts {
	struct bd_kernel kernel;
	char busybox_path[PATH_MAX];
};

/* What is made. */
struct bd_mini_root {
	struct bd_tree tree;
	char *kernel_path, *initramfs_path; /* in the guest */
};
void bd_mini_root_dispose(struct bd_mini_root *root); /* idempotent */

/* Finds the parts on this machine (and downloads the kernel where it must) and builds. */
int bd_mini_build(struct bd_mini_root *root_out, struct bd_error *err);

int bd_mini_build_from(const struct bd_mini_parts *parts, struct bd_mini_root *root_out, struct bd_error *err);

#endif
