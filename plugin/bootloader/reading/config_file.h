/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file of boot configuration by itself (--isconfig): what kind it is follows from what is in it. */
#ifndef BD_BOOTLOADER_READING_CONFIG_FILE_H
#define BD_BOOTLOADER_READING_CONFIG_FILE_H

#include <stdint.h>

#include "base/err.h"
#include "bootmenu/menu.h"

#define BD_CONFIG_FILE_MAX (1u << 20)

/* The menu of a grub.cfg, an entry of the Boot Loader Specification, an extlinux.conf or GRUB Legacy's menu.lst: the first of these that gives
 * an entry. fd: of size_bytes; its offset moves. EFBIG: it is larger than BD_CONFIG_FILE_MAX. EINVAL: it is none of these. */
int bd_config_file_read(int fd, uint64_t size_bytes, struct bd_bootmenu *menu_out, struct bd_error *err);

#endif
