/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRUB 2's BIOS boot sector, written by us: no grub-install, loop device or root takes part.
 *
 * boot.img (sector 0) loads the first sector of core.img from LBA 1; that sector's blocklist loads the rest. In the
 * `aligned` layout core.img holds every module that a boot takes; the `cylinder` layout's gap of 62 sectors holds
 * only those that read the filesystem, and the others lie in /boot/grub/i386-pc. They all do for a template that brings a
 * grub.cfg of its own.
 * Sources: GRUB's include/grub/i386/pc/boot.h and grub-core/boot/i386/pc/diskboot.S; facts tried with GRUB 2.06, 2.12.
 */
#ifndef BD_DISK_GRUB_H
#define BD_DISK_GRUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "disk/mbr.h"
#include "disk/plan.h"

enum bd_boot_sector { BD_BOOT_SECTOR_GRUB2, BD_BOOT_SECTOR_GRUB_LEGACY, BD_BOOT_SECTOR_NONE };

int bd_boot_sector_parse(const char *text, enum bd_boot_sector *boot_sector_out, struct bd_error *err);
const char *bd_boot_sector_name(enum bd_boot_sector boot_sector);

struct bd_grub {
	uint8_t boot_code[BD_MBR_BOOT_CODE_BYTES];
	char *core; /* for LBA 1 onwards; a whole number of sectors; owned */
	size_t core_bytes;
};

void bd_grub_dispose(struct bd_grub *grub); /* idempotent */

/* The pure parts of grub_mkimage.c. boot_img: 512 bytes; core: core_bytes long, a whole number of sectors. EINVAL: this is
 * not what boot.img and diskboot.img look like. */
int bd_grub2_patch_boot(const uint8_t boot_img[BD_SECTOR_BYTES], uint8_t boot_code_out[BD_MBR_BOOT_CODE_BYTES],
			struct bd_error *err);
int bd_grub2_patch_core(uint8_t *core, size_t core_bytes, struct bd_error *err);

#endif
