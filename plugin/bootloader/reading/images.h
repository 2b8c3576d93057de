/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The unified kernel images in a directory of the disk, as entries of systemd-boot's menu: type 2 of the Boot Loader Specification. */
#ifndef BD_BOOTLOADER_READING_IMAGES_H
#define BD_BOOTLOADER_READING_IMAGES_H

#include "base/err.h"
#include "bootmenu/bls_list.h"

#define BD_BOOT_IMAGES_MAX 64 /* in a directory */

/* bd_loader_request.list_images; context: the struct bd_boot_disk. An image that cannot be read is told of, and left out. */
int bd_boot_images_list(void *context, const char *device, const char *folder, struct bd_bls_list *list,
			struct bd_error *err);

#endif
