/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recognises boot loaders in LBA 0 and in the gap behind it. */
#include "disk/boot_code.h"

#include <string.h>

#include "base/bytes.h"
#include "disk/mbr.h"

#define LEGACY_VERSION_OFFSET 0x3e /* STAGE1_VER_MAJ_OFFS */
#define LEGACY_VERSION 0x0203 /* COMPAT_VERSION_MAJOR 3, COMPAT_VERSION_MINOR 2 */
#define GRUB2_KERNEL_SECTOR 0x5c /* GRUB_BOOT_MACHINE_KERNEL_SECTOR */
#define GRUB2_JUMP 0x63eb
/* diskboot.S: the list of blocks ends at 0x200 and grows downwards; an entry of length 0 ends it. */
#define BLOCKLIST_BYTES 12
#define BLOCKLISTS_MAX 20

static bool says_grub(const uint8_t *sector)
{
	return memmem(sector, BD_MBR_BOOT_CODE_BYTES, "GRUB", 4) != NULL;
}

enum bd_boot_code bd_boot_code_of(const uint8_t sector[BD_SECTOR_BYTES])
{
	if (bd_all_zero(sector, BD_MBR_BOOT_CODE_BYTES))
		return BD_BOOT_CODE_NONE;
	if (!says_grub(sector))
		return BD_BOOT_CODE_OTHER;
	if (get_le16(sector + LEGACY_VERSION_OFFSET) == LEGACY_VERSION)
		return BD_BOOT_CODE_GRUB_LEGACY;
	return get_le16(sector) == GRUB2_JUMP ? BD_BOOT_CODE_GRUB2 : BD_BOOT_CODE_OTHER;
}

const char *bd_boot_code_name(enum bd_boot_code boot_code)
{
	static const char *const names[BD_BOOT_CODE_COUNT] = {
		[BD_BOOT_CODE_NONE] = "none",
		[BD_BOOT_CODE_GRUB2] = "grub2",
		[BD_BOOT_CODE_GRUB_LEGACY] = "grub-legacy",
		[BD_BOOT_CODE_OTHER] = "other",
	};
	return names[boot_code];
}

uint64_t bd_boot_code_core_lba(const uint8_t sector[BD_SECTOR_BYTES])
{
	return get_le64(sector + GRUB2_KERNEL_SECTOR);
}

/* 0: there is no core.img that lies in the gap in one piece. */
static uint64_t core_sectors(const uint8_t *diskboot, size_t gap_sectors)
{
	uint64_t end = 1; /* diskboot.img itself is in LBA 1, the first sector of the gap */

	for (int i = 1; i <= BLOCKLISTS_MAX; i++) {
		const uint8_t *entry = diskboot + BD_SECTOR_BYTES - (size_t)i * BLOCKLIST_BYTES;
		uint16_t count = get_le16(entry + 8);
		if (!count)
			return end;
		if (get_le64(entry) != end + 1 || count > gap_sectors - end)
			return 0;
		end += count;
	}
	return 0;
}

uint64_t bd_boot_code_sectors(enum bd_boot_code boot_code, const uint8_t *gap, size_t gap_sectors)
{
	uint64_t core = boot_code == BD_BOOT_CODE_GRUB2 && gap_sectors ? core_sectors(gap, gap_sectors) : 0;

	if (core > 1)
		return core;
	while (gap_sectors && bd_all_zero(gap + (gap_sectors - 1) * BD_SECTOR_BYTES, BD_SECTOR_BYTES))
		gap_sectors--;
	return gap_sectors;
}
