/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths on a filesystem of the disk, by their texts alone. */
#ifndef BD_BOOTLOADER_READING_PATH_H
#define BD_BOOTLOADER_READING_PATH_H

#include <stdbool.h>

#include "bootmenu/menu.h"

/* "/boot/grub" of "boot//grub/./": a slash before each component, none at the end; "" is the root. "..", as GRUB has it, is a name that
 * is looked up, and goes up here. False: there is no room. */
bool bd_boot_path_clean(const char *path, char path_out[BD_BOOTMENU_TEXT_MAX]);

#endif
