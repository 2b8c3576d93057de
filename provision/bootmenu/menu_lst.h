/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRUB Legacy: menu.lst and grub.conf (GNU GRUB 0.97's manual; with "uuid" of Debian and Ubuntu), which images for PV-GRUB and older
 * systems have.
 *
 * Taken: title, root, rootnoverify, uuid, kernel, initrd, module, default (a number, or "saved" with the file "default" beside), fallback,
 * timeout. The modules of a Xen are the kernel of dom0 and its initrds, as pygrub has it where it can; chainloader, configfile and
 * other kernels with modules are obstacles. Every title is an entry, since the default is counted in titles.
 */
#ifndef BD_BOOTMENU_MENU_LST_H
#define BD_BOOTMENU_MENU_LST_H

#include "base/err.h"
#include "bootmenu/files.h"
#include "bootmenu/menu.h"

#define BD_MENU_LST_FILE_MAX (1u << 20)
#define BD_MENU_LST_UUIDS_MAX 64 /* that are looked for, one after the other */

/* "(hd0,0)" is the device "hd0,msdos1", "(hd0)" is "hd0"; where no root is said, and for a "uuid" that no filesystem has, it is the
 * given one. Where (hd0,0) has no partition table, its filesystem is meant by pygrub and PV-GRUB's users all the same. ENOENT: there is
 * no such file; E2BIG: it has too many entries or UUIDs. */
int bd_menu_lst_read(const struct bd_bootmenu_files *files, const char *device, const char *path,
		     struct bd_bootmenu *menu_out, struct bd_error *err);

#endif
