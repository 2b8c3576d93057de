/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sends what an entry boots: kernel, initrds joined to one, arguments. */
#ifndef BD_BOOTLOADER_READING_LOAD_H
#define BD_BOOTLOADER_READING_LOAD_H

#include "base/err.h"
#include "bootloader/reading/disk.h"
#include "bootloader/reading/request.h"
#include "bootmenu/menu.h"

/* device: that "" in the entry's paths means. ENOTSUP: the entry has an obstacle. BD_KIND_NOT_FOUND: a file of it is not there. */
int bd_boot_load(struct bd_boot_disk *disk, const struct bd_reader_request *request, const char *device,
		 const struct bd_bootmenu_entry *entry, struct bd_error *err);

#endif
