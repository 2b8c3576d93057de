/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRUB 2's grub.cfg, which is a script: it is run here as GRUB would run it, with what grub-mkconfig of Debian,
 * Ubuntu, Fedora, openSUSE, Arch and Gentoo writes in mind. Nothing of the host is asked, and nothing is written:
 * save_env is passed over.
 *
 * Each entry's block is run with the variables as they are where the whole file has been read, as if it had been
 * chosen, and gives what it would have booted. Submenus are run and made flat. No entry's kernel is looked for, but
 * for the default's where there is a fallback.
 *
 * Sources: the GNU GRUB Manual and, where it is silent, GRUB 2.06 to 2.14 (grub-core/script, grub-core/normal,
 * grub-core/commands), with what Fedora's adds: blscfg, increment, decrement.
 */
#ifndef BD_BOOTMENU_GRUB_CFG_H
#define BD_BOOTMENU_GRUB_CFG_H

#include "base/err.h"
#include "bootmenu/files.h"
#include "bootmenu/grub/hooks.h"
#include "bootmenu/menu.h"

/* text: of the file, which lies in the folder prefix_path ("/boot/grub") on the device: GRUB's name of it, as files
 * have it; paths on it have "" in the menu. With "" GRUB's own names are not known, and $root is "" at first. files: devices that
 * do not exist have no files; that is no error. hooks may be NULL.
 *
 * A script that asks for too much fails with E2BIG; where it is an entry's block, that is the entry's obstacle.
 * EINVAL: there is no entry, and the text has a syntax error, which the message names. An empty menu is none.
 * Whatever files and hooks fail with is passed on. */
int bd_grub_cfg_read(const char *text, const struct bd_bootmenu_files *files, const char *device,
		     const char *prefix_path, const struct bd_grub_hooks *hooks, struct bd_bootmenu *menu_out,
		     struct bd_error *err);

/* The same of the file of that path, "/boot/grub2/grub.cfg", whose folder is the prefix. ENOENT: there is none. EFBIG: it is
 * larger than 1 MiB. */
int bd_grub_cfg_read_file(const struct bd_bootmenu_files *files, const char *device, const char *path,
			  const struct bd_grub_hooks *hooks, struct bd_bootmenu *menu_out, struct bd_error *err);

#endif
