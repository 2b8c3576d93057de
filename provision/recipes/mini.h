/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The template "mini": the distribution's kernel, an initramfs, busybox. Built from the host on each use. */
#ifndef BD_RECIPES_MINI_H
#define BD_RECIPES_MINI_H

#include "base/err.h"
#include "ops/template/open.h"
#include "recipes/kernel.h"

/* What it is made of. */
struct bd_mini_parts {
	struct bd_kernel kernel;
	char busybox_path[PATH_MAX];
};

/* Finds the parts on this machine (and fetches the kernel where it must) and builds. */
int bd_mini_build(struct bd_template *template_out, struct bd_error *err);

int bd_mini_build_from(const struct bd_mini_parts *parts, struct bd_template *template_out, struct bd_error *err);

#endif
