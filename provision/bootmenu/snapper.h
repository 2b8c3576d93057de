/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshots of a root filesystem as snapper(8) keeps them on btrfs, where openSUSE's root is one of them: /@/.snapshots/NUMBER/snapshot. */
#ifndef BD_BOOTMENU_SNAPPER_H
#define BD_BOOTMENU_SNAPPER_H

#include <stdbool.h>

#include "base/err.h"
#include "bootmenu/files.h"

#define BD_SNAPPER_FOLDER "/@/.snapshots" /* from the top of the filesystem */
#define BD_SNAPPER_NUMBER_SIZE 16

/* The number of the snapshot that is the root. Which one that is, is in btrfs's own metadata only, and so this is what it must be: the
 * highest that is not among those in grub-snapshot.cfg, where GRUB's plugin for snapper lists the read-only ones; where that is all of
 * them, or there is no such file, the highest. False: there is none. */
int bd_snapper_find_root(const struct bd_bootmenu_files *files, const char *device,
			 char number_out[BD_SNAPPER_NUMBER_SIZE], bool *found_out, struct bd_error *err);

#endif
