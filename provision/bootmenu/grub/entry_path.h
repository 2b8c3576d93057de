/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How GRUB names an entry of its menu, in $default, saved_entry and the like: by title, id or number, behind those of the submenus
 * that it is in, with ">" between them and ">>" for a ">" in a name (grub-core/normal/menu.c). Pure. */
#ifndef BD_BOOTMENU_GRUB_ENTRY_PATH_H
#define BD_BOOTMENU_GRUB_ENTRY_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the first part. *rest_out: what is behind its ">"; NULL: there is none. */
size_t bd_grub_path_part(const char *path, const char **rest_out);

/* Whether a part of a path is this title or id, which may be NULL. */
bool bd_grub_path_names(const char *part, size_t length, const char *name);

/* Whether it is a number below count. */
bool bd_grub_path_number(const char *part, size_t length, size_t count, size_t *number_out);

#endif
