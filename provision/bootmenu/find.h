/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which boot configuration a filesystem has, and its menu. */
#ifndef BD_BOOTMENU_FIND_H
#define BD_BOOTMENU_FIND_H

#include "base/err.h"
#include "bootmenu/files.h"
#include "bootmenu/loader_conf.h"
#include "bootmenu/menu.h"

enum bd_bootmenu_kind {
	BD_BOOTMENU_NOTHING,
	BD_BOOTMENU_GRUB_CFG, /* GRUB 2, which may take BLS entries in by itself */
	BD_BOOTMENU_BLS, /* BLS entries as GRUB would sort them, with the grubenv beside them, but without its grub.cfg */
	BD_BOOTMENU_SYSTEMD_BOOT, /* BLS entries, unified kernel images, loader.conf */
	BD_BOOTMENU_EXTLINUX, /* and syslinux */
	BD_BOOTMENU_MENU_LST, /* GRUB Legacy */
};

struct bd_bootmenu_place {
	enum bd_bootmenu_kind kind;
	/* One component may be "*": any directory, in the order of their names, or below BD_SNAPPER_FOLDER the snapshot that is the root. */
	const char *path;
};

/* /boot/loader/entries, /loader/entries, then grub.cfg, also in the usual subvolumes of btrfs, unified images, extlinux, menu.lst; ends
 * with BD_BOOTMENU_NOTHING. */
extern const struct bd_bootmenu_place bd_bootmenu_places[];

struct bd_bootmenu_find_request {
	const struct bd_bootmenu_files *files;
	const char *device;
	const struct bd_bootmenu_place
		*places; /* in this order; ends with BD_BOOTMENU_NOTHING. NULL: bd_bootmenu_places */
	const char *architecture; /* as in struct bd_bls_request */
	/* The menu of a grub.cfg: bd_bootmenu_read_grub_cfg of bootmenu/grub_menu.h. NULL: none is read, and its entries are read without
	 * it. */
	int (*read_grub_cfg)(void *grub_context, const char *device, const char *path, struct bd_bootmenu *menu_out,
			     struct bd_error *err);
	void *grub_context;
	bd_loader_list_images list_images; /* NULL: images are not looked for */
	void *images_context; /* its first argument */
};

struct bd_bootmenu_found {
	enum bd_bootmenu_kind kind; /* BD_BOOTMENU_NOTHING: there is no menu with an entry */
	char *path; /* of what was read: a file, or the directory of the entries; owned */
	struct bd_bootmenu menu;
	/* What could not be read before that, so that it is not passed over in silence; "": nothing. */
	char problem[BD_ERROR_MESSAGE_SIZE];
};

/* Takes the first place that gives an entry. BLS entries are GRUB's where a grub.cfg beside them says blscfg: that is read, as it has
 * the variables and the default, and where that fails the entries without it. They are GRUB's also where there is a folder of GRUB but
 * neither a grub.cfg nor a loader.conf; its grubenv may be on the ESP then. A grub.cfg that does not take them in makes them nobody's,
 * unless there is a loader.conf. Else they are systemd-boot's, or those of openSUSE's GRUB, with the default and timeout in its grubenv on
 * the ESP. A place that is there but cannot be read is a problem in *found_out, and
 * the next is tried. Fails for what is not a matter of a place's content: no memory, or files that cannot be looked at. */
int bd_bootmenu_find(const struct bd_bootmenu_find_request *request, struct bd_bootmenu_found *found_out,
		     struct bd_error *err);

void bd_bootmenu_found_dispose(struct bd_bootmenu_found *found); /* idempotent */

#endif
