/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which filesystem of the disk has a boot configuration, and which entry of it is meant. */
#ifndef BD_BOOTLOADER_READING_CHOOSE_H
#define BD_BOOTLOADER_READING_CHOOSE_H

#include "base/err.h"
#include "bootloader/reading/disk.h"
#include "bootmenu/menu.h"

#define BD_BOOT_OPENED_MAX 64 /* menus that entries show */

struct bd_boot_choice {
	struct bd_bootmenu menu; /* at least one entry; owned */
	const struct bd_boot_device *device; /* that "" in the entries' paths means; borrowed */
	char *origin; /* "/boot/grub/grub.cfg on hd0,gpt1"; owned */
	char *opened[BD_BOOT_OPENED_MAX]; /* entries whose menus are in it, as struct bd_grub_hooks has them; owned */
	size_t opened_count;
};

/* The first filesystem with a configuration that has an entry: those of the ext family before those that grub-fstest reads, the active
 * partition before others. Without any, the kernels that are there, which is told as a warning. BD_KIND_NOT_FOUND: not even that. */
int bd_boot_choose_menu(struct bd_boot_disk *disk, struct bd_boot_choice *choice_out, struct bd_error *err);

/* The menu with that which an entry of it opens, as a submenu, which has the default. E2BIG: BD_BOOT_OPENED_MAX have been opened. */
int bd_boot_choose_opened(struct bd_boot_disk *disk, const struct bd_boot_choice *choice, size_t number,
			  struct bd_boot_choice *choice_out, struct bd_error *err);
void bd_boot_choice_dispose(struct bd_boot_choice *choice); /* idempotent */

/* Makes an entry the menu's default, and says why: by a number from 0 on, an id or a title, which may have the submenus before it with ">"
 * between; as pygrub does, what is not there stands for the default, and is told. NULL: the default, or, where that has an obstacle, the
 * next that has none, which is told, too. Fails for lack of memory only. */
int bd_boot_choose_entry(struct bd_boot_disk *disk, struct bd_bootmenu *menu, const char *wanted,
			 struct bd_error *err);

/* The same; where the entry opens another menu, that is read, and its default taken; so are those that the titles before it name. */
int bd_boot_choose(struct bd_boot_disk *disk, struct bd_boot_choice *choice, const char *wanted,
		   struct bd_error *err);

#endif
