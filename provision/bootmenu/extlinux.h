/* SPDX-License-Identifier: GPL-2.0-or-later */
/* extlinux.conf and syslinux.cfg (doc/syslinux.txt, doc/menu.txt of Syslinux) as Alpine, Debian's u-boot-menu and others write them,
 * and U-Boot reads them (boot/pxe_utils.c).
 *
 * Taken: LABEL, KERNEL and LINUX, INITRD, APPEND (also as a default before the first label, and "-"; initrd= goes out of it), DEFAULT,
 * ONTIMEOUT, TIMEOUT, INCLUDE, MENU LABEL, MENU DEFAULT, MENU INCLUDE, MENU TITLE, MENU BEGIN and END. Keywords in any case. mboot.c32
 * with Xen gives the kernel of dom0, as pygrub has it; other programs, LOCALBOOT and CONFIG are obstacles. A label that boots nothing
 * (a separator) is no entry.
 */
#ifndef BD_BOOTMENU_EXTLINUX_H
#define BD_BOOTMENU_EXTLINUX_H

#include "base/err.h"
#include "bootmenu/files.h"
#include "bootmenu/menu.h"

#define BD_EXTLINUX_FILE_MAX (1u << 20) /* bytes of a file, and of all of them together */
#define BD_EXTLINUX_DEPTH_MAX 16 /* files that include each other, as there */
#define BD_EXTLINUX_FILES_MAX 64 /* that are looked for */
#define BD_EXTLINUX_MENUS_MAX 16 /* menus in each other */

/* Paths in it are relative to its folder. The id of an entry is its label. The default is what DEFAULT names, else the MENU DEFAULT,
 * else the first without an obstacle. A file that is included but not there is passed over. ENOENT: path itself is not there; ELOOP:
 * files include each other in circles, or too deep; E2BIG: one of the limits above. */
int bd_extlinux_read(const struct bd_bootmenu_files *files, const char *device, const char *path,
		     struct bd_bootmenu *menu_out, struct bd_error *err);

#endif
