/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Linux kernel that a mini guest boots: the host's own, or one from a package of the distribution. */
#ifndef BD_RECIPES_KERNEL_H
#define BD_RECIPES_KERNEL_H

#include <limits.h>

#include "base/err.h"

struct bd_kernel {
	char version[NAME_MAX + 1]; /* as in /lib/modules/VERSION */
	char image_path[PATH_MAX]; /* vmlinuz */
	char modules_path[PATH_MAX]; /* the folder with modules.dep */
};

/* The newest kernel of /boot that we may read and whose /lib/modules folder exists; else the newest in the cache;
 * else one that is fetched by apt into the cache, which takes network and some seconds and is told to the user. */
int bd_kernel_find(struct bd_kernel *kernel_out, struct bd_error *err);
/* The same, and nothing is fetched or made. ENOPKG, ENOENT: there is none on this machine. */
int bd_kernel_find_here(struct bd_kernel *kernel_out, struct bd_error *err);

/* The newest of boot_path/vmlinuz-VERSION that has a modules_path/VERSION/modules.dep. ENOPKG: there is none. */
int bd_kernel_newest_in(const char *boot_path, const char *modules_path, struct bd_kernel *kernel_out,
			struct bd_error *err);

/* The newest of kernels_path/VERSION/{boot/vmlinuz-VERSION,lib/modules/VERSION}. ENOPKG: there is none. */
int bd_kernel_newest_cached(const char *kernels_path, struct bd_kernel *kernel_out, struct bd_error *err);

#endif
