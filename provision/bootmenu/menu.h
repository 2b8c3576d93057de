/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a disk's own boot configuration offers: entries in the order of its menu. Whoever reads a configuration fills it. */
#ifndef BD_BOOTMENU_MENU_H
#define BD_BOOTMENU_MENU_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define BD_BOOTMENU_ENTRIES_MAX 1024
#define BD_BOOTMENU_INITRDS_MAX 16
#define BD_BOOTMENU_TEXT_MAX 4096 /* of a title, an id, a path or a command line, with its NUL */
#define BD_BOOTMENU_NEWC_NAME_MAX 1023 /* bytes of the name of a member of an initrd */
#define BD_BOOTMENU_REASON_MAX 1024 /* of the reason for the default, with its NUL */

/* A file on a filesystem of the disk: device is GRUB's name of it without the brackets ("hd0,gpt2", "lvm/vg-root"); "" is the
 * filesystem that the configuration was found on. */
struct bd_bootmenu_path {
	char *device, *path; /* owned */
	/* Of an initrd: GRUB makes a file of that name of it, in an archive that it adds ("newc:NAME:FILE", kernel/newc.h); NULL: it is an
	 * archive by itself. Owned */
	char *newc_name;
};

struct bd_bootmenu_entry {
	char *title, *id; /* id: by which a default names it, beside its title; NULL: it has none. Owned */
	char *submenu; /* the titles of the submenus that it is in, with ">" between them; NULL: none. Owned */
	struct bd_bootmenu_path kernel; /* path NULL: it boots no kernel, and obstacle says what it is instead */
	char *arguments; /* of the kernel, "" where it has none; owned */
	struct bd_bootmenu_path initrds[BD_BOOTMENU_INITRDS_MAX]; /* joined in this order */
	size_t initrd_count;
	bool is_uki; /* kernel is a unified kernel image: its sections have the initrd and, if arguments is "", the arguments */
	unsigned profile; /* of a unified kernel image: which of its profiles is booted; 0 is the default */
	/* The file of the disk that has defined it: a grub.cfg or what that includes, an entry of the Boot Loader Specification, a unified
	 * kernel image, an extlinux.conf, a menu.lst; path NULL: none has, as where kernels were looked for. Owned */
	struct bd_bootmenu_path defined_in;
	/* It shows another menu, which nobody has read yet: by this it can be asked for (struct bd_grub_hooks). NULL: it does not, else it has an
	 * obstacle, too. Owned */
	char *opens;
	char *obstacle; /* why it cannot be booted here, "it starts a hypervisor (multiboot2)"; NULL: it can. Owned */
};

struct bd_bootmenu {
	struct bd_bootmenu_entry *entries; /* owned */
	size_t count;
	size_t default_index; /* < count where that is not 0 */
	int timeout_s; /* -1: none is said */
	/* By which rule the default is that entry: "default=\"0\", by number"; files in it are named as in struct bd_bootmenu_path, with GRUB's
	 * brackets. NULL: it is not said; owned */
	char *chosen_by;
};

/* Appends an empty one. E2BIG: there are BD_BOOTMENU_ENTRIES_MAX. */
int bd_bootmenu_add(struct bd_bootmenu *menu, struct bd_bootmenu_entry **entry_out, struct bd_error *err);
void bd_bootmenu_dispose(struct bd_bootmenu *menu); /* idempotent */

/* Sets chosen_by in place of what is there; it is cut off at BD_BOOTMENU_REASON_MAX. */
int bd_bootmenu_explain(struct bd_bootmenu *menu, struct bd_error *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

void bd_bootmenu_entry_dispose(struct bd_bootmenu_entry *entry); /* idempotent */
void bd_bootmenu_path_dispose(struct bd_bootmenu_path *path); /* idempotent */

#endif
