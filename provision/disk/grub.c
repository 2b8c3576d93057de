/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Patches GRUB 2's boot.img and core.img for a disk whose core.img lies at LBA 1. */
#include "disk/grub.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

/* boot.img: GRUB_BOOT_MACHINE_KERNEL_SECTOR, _BOOT_DRIVE and _DRIVE_CHECK of boot.h. */
#define BOOT_KERNEL_SECTOR 0x5c
#define BOOT_DRIVE 0x64
#define BOOT_DRIVE_CHECK 0x66
#define JMP_SHORT 0xeb
#define NOP 0x90
/* "Use the drive that the BIOS booted from." */
#define BOOT_DRIVE_OF_BIOS 0xff

/* diskboot.img: the first blocklist entry, at the end of the sector: start (8), length (2), segment (2). */
#define CORE_BLOCKLIST 0x1f4
/* The sector after diskboot.img goes to 0x8200. */
#define CORE_SEGMENT 0x820
#define CORE_LBA 1

static const char *const boot_sector_names[] = { "grub2", "grub-legacy", "none" };

int bd_boot_sector_parse(const char *text, enum bd_boot_sector *boot_sector_out, struct bd_error *err)
{
	for (unsigned i = 0; i < 3; i++)
		if (strcmp(text, boot_sector_names[i]) == 0) {
			*boot_sector_out = (enum bd_boot_sector)i;
			return 0;
		}
	return bd_usage(err, "must be one of grub2, grub-legacy, none, not \"%s\"", text);
}

const char *bd_boot_sector_name(enum bd_boot_sector boot_sector)
{
	return boot_sector_names[boot_sector];
}

void bd_grub_dispose(struct bd_grub *grub)
{
	free(grub->core);
	*grub = (struct bd_grub){ 0 };
}

int bd_grub2_patch_boot(const uint8_t boot_img[BD_SECTOR_BYTES], uint8_t boot_code_out[BD_MBR_BOOT_CODE_BYTES],
			struct bd_error *err)
{
	if (get_le16(boot_img + BD_MBR_MAGIC_OFFSET) != BD_MBR_MAGIC ||
	    (boot_img[BOOT_DRIVE_CHECK] != JMP_SHORT && boot_img[BOOT_DRIVE_CHECK] != NOP))
		return bd_fail(err, EINVAL, "GRUB's boot.img has an unknown format");

	memcpy(boot_code_out, boot_img, BD_MBR_BOOT_CODE_BYTES);
	put_le64(boot_code_out + BOOT_KERNEL_SECTOR, CORE_LBA);
	boot_code_out[BOOT_DRIVE] = BOOT_DRIVE_OF_BIOS;
	/* The jump skips a workaround for BIOSes that hand over a wrong drive number; it is for hard disks. */
	boot_code_out[BOOT_DRIVE_CHECK] = NOP;
	boot_code_out[BOOT_DRIVE_CHECK + 1] = NOP;
	return 0;
}

int bd_grub2_patch_core(uint8_t *core, size_t core_bytes, struct bd_error *err)
{
	size_t sectors = core_bytes / BD_SECTOR_BYTES;

	if (core_bytes % BD_SECTOR_BYTES || sectors < 2 || sectors > UINT16_MAX ||
	    get_le16(core + CORE_BLOCKLIST + 10) != CORE_SEGMENT)
		return bd_fail(err, EINVAL, "GRUB's core.img has an unknown format");
	put_le64(core + CORE_BLOCKLIST, CORE_LBA + 1);
	put_le16(core + CORE_BLOCKLIST + 8, (uint16_t)(sectors - 1));
	return 0;
}
