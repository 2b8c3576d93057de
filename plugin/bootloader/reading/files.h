/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disk's files, for provision/bootmenu. */
#ifndef BD_BOOTLOADER_READING_FILES_H
#define BD_BOOTLOADER_READING_FILES_H

#include "bootloader/reading/disk.h"
#include "bootmenu/files.h"

/* The disk is borrowed. */
struct bd_bootmenu_files bd_boot_files(struct bd_boot_disk *disk);

#endif
