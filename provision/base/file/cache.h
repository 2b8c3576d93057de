/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cache directory, for what can be created or downloaded again: unpacked kernels, GRUB cores.
 *
 * It is $XEN_BIGDISK_CACHE if set; else /var/cache/xen-bigdisk for root, and $XDG_CACHE_HOME/xen-bigdisk or
 * $HOME/.cache/xen-bigdisk for other users. */
#ifndef BD_BASE_FILE_CACHE_H
#define BD_BASE_FILE_CACHE_H

#include <stddef.h>

#include "base/err.h"

/* Makes the folder and its parents where they are missing; its absolute path, without a trailing slash, goes to
 * path_out. EPERM: it belongs to another user, or group or others may write to it
 * (base/file/trust.h): they could put a kernel of theirs into our guests. */
int bd_cache_dir(char *path_out, size_t size, struct bd_error *err);

/* As bd_cache_dir, for the folder called name (one component) inside it. */
int bd_cache_subdir(const char *name, char *path_out, size_t size, struct bd_error *err);
/* The same for one that is there already: nothing is made. */
int bd_cache_find_subdir(const char *name, char *path_out, size_t size, struct bd_error *err);

#endif
