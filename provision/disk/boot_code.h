/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells from the beginning of a disk what a BIOS would boot from it. Pure. */
#ifndef BD_DISK_BOOT_CODE_H
#define BD_DISK_BOOT_CODE_H

#include <stddef.h>
#include <stdint.h>

#include "base/sector.h"

enum bd_boot_code {
	BD_BOOT_CODE_NONE, /* nothing but zeros */
	BD_BOOT_CODE_GRUB2,
	BD_BOOT_CODE_GRUB_LEGACY,
	BD_BOOT_CODE_OTHER,
	BD_BOOT_CODE_COUNT
};

/* By GRUB's own marks: "GRUB" among the messages of both, the jump at the beginning, and stage1's version at 3Eh (GRUB Legacy's
 * stage1/stage1.h, GRUB 2's include/grub/i386/pc/boot.h). */
enum bd_boot_code bd_boot_code_of(const uint8_t sector[BD_SECTOR_BYTES]);
/* "none", "grub2", "grub-legacy", "other": of what `new` writes, its name there (disk/grub.h). */
const char *bd_boot_code_name(enum bd_boot_code boot_code);

/* GRUB 2's boot.img: the sector from which it loads core.img. */
uint64_t bd_boot_code_core_lba(const uint8_t sector[BD_SECTOR_BYTES]);

/* How many sectors behind LBA 0 belong to the boot loader. gap: what lies from LBA 1 to the first partition. With GRUB 2's
 * diskboot.img at its beginning, as many as its blocklists load, where those lie in the gap one behind the other; else up to the last one that is not
 * zero. */
uint64_t bd_boot_code_sectors(enum bd_boot_code boot_code, const uint8_t *gap, size_t gap_sectors);

#endif
