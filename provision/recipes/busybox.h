/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's static busybox, which provides a mini guest's userspace. */
#ifndef BD_RECIPES_BUSYBOX_H
#define BD_RECIPES_BUSYBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "rootfs/tree.h"

/* The path of a busybox that needs no shared library. ENOPKG, with the package to install: there is none. */
int bd_busybox_find(char *path_out, size_t size, struct bd_error *err);

/* Fails with ENOEXEC unless the file is an ELF program without an interpreter (elf(5), PT_INTERP). */
int bd_busybox_check_static(const char *path, struct bd_error *err);

/* The text of `busybox --list-full`: "usr/bin/[" and so on, a path per line; the caller frees. */
int bd_busybox_list(const char *path, char **text_out, struct bd_error *err);

/* Adds /bin/busybox and a symlink to it for each applet of the list that wanted() agrees to. folder: where all
 * the symlinks go; NULL: where the list has them. */
int bd_busybox_add(struct bd_tree *tree, const char *path, const char *list, const char *folder,
		   bool (*wanted)(const void *context, const char *applet), const void *context,
		   struct bd_error *err);

#endif
