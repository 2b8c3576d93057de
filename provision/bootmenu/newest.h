/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A filesystem without a boot loader's configuration: the kernels that are in it, as rootfs/kernel_name.h knows them. */
#ifndef BD_BOOTMENU_NEWEST_H
#define BD_BOOTMENU_NEWEST_H

#include "base/err.h"
#include "bootmenu/files.h"
#include "bootmenu/menu.h"

#define BD_NEWEST_ENTRIES_MAX 16 /* older kernels are left out */
#define BD_NEWEST_NAMES_MAX 4096 /* kernels and initramfs in a directory */

/* Entries of the kernels in /boot (vmlinuz-VERSION, kernel-VERSION, bzImage-VERSION) and /usr/lib/modules/VERSION/vmlinuz, or else,
 * on a filesystem that is /boot itself, in /; without any of those, of what is called vmlinuz and the like. Those that have an
 * initramfs come first, the newest of them at the very first; a rescue kernel is the last. Leftovers of package managers (.old,
 * .dpkg-new, .rpmsave, "~") are none. arguments: of each, "root=UUID=... ro". The default is the first. Empty: there is none. */
int bd_newest_read(const struct bd_bootmenu_files *files, const char *device, const char *arguments,
		   struct bd_bootmenu *menu_out, struct bd_error *err);

#endif
