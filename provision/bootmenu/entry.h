/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fills an entry within the limits of bootmenu/menu.h. What goes beyond them becomes the entry's obstacle, so that one bad entry
 * keeps no other from being booted; all functions fail for lack of memory only. */
#ifndef BD_BOOTMENU_ENTRY_H
#define BD_BOOTMENU_ENTRY_H

#include "base/err.h"
#include "bootmenu/menu.h"

/* A copy of the text in place of what is there, cut off at BD_BOOTMENU_TEXT_MAX: for titles, and names that are compared. */
int bd_bootmenu_set_text(char **text, const char *value, struct bd_error *err);

/* "/boot/vmlinuz" of the folder "/boot/extlinux" and the name "../vmlinuz": by the texts alone. A name that begins with a slash is
 * taken from the root. path_out is a buffer of BD_BOOTMENU_TEXT_MAX. False: it has no room there. */
bool bd_bootmenu_join_path(const char *folder, const char *name, char *path_out);

/* Copies of both, in place of what is there. */
int bd_bootmenu_set_path(struct bd_bootmenu_path *path, const char *device, const char *text, struct bd_error *err);

/* The file, where bd_bootmenu_join_path finds it, on the device. */
int bd_bootmenu_set_kernel(struct bd_bootmenu_entry *entry, const char *device, const char *folder, const char *name,
			   struct bd_error *err);
int bd_bootmenu_add_initrd(struct bd_bootmenu_entry *entry, const char *device, const char *folder, const char *name,
			   struct bd_error *err);
void bd_bootmenu_clear_initrds(struct bd_bootmenu_entry *entry);

/* Behind the arguments that are there, with a space between them. An entry with an obstacle gets none, as it needs none and there may
 * be very many. */
int bd_bootmenu_add_arguments(struct bd_bootmenu_entry *entry, const char *arguments, struct bd_error *err);
int bd_bootmenu_set_arguments(struct bd_bootmenu_entry *entry, const char *arguments, struct bd_error *err);

/* Sets the obstacle, unless there is one; it is cut off at 255 bytes. */
int bd_bootmenu_obstruct(struct bd_bootmenu_entry *entry, struct bd_error *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Of an entry to which nothing more is added: title and arguments are not NULL then, and without a kernel there is an obstacle. */
int bd_bootmenu_complete(struct bd_bootmenu_entry *entry, const char *default_title, struct bd_error *err);

#endif
