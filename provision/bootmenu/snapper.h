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
 * them, as with transactional updates, the highest. Without such a list: the highest that is described as the copy that a rollback makes,
 * which older versions of snapper left without a description; else, where @ has no /etc and so is no root itself, the first one, 1, that
 * an installer makes, and where that is gone, the highest. What cannot be read is not there. False: there is none. E2BIG: there are too
 * many snapshots. */
int bd_snapper_find_root(const struct bd_bootmenu_files *files, const char *device,
			 char number_out[BD_SNAPPER_NUMBER_SIZE], bool *found_out, struct bd_error *err);

#endif
