/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The master boot record: sector 0. Pure.
 *
 * Offset  Bytes  Content (UEFI specification, "Legacy Master Boot Record")
 *      0    440  boot code
 *    440      4  disk signature, little endian
 *    444      2  0
 *    446   4*16  partition entries: flag, CHS of the first sector, type, CHS of the last, start LBA, sectors
 *    510      2  55 AA
 */
#ifndef BD_DISK_MBR_H
#define BD_DISK_MBR_H

#include <stdbool.h>
#include <stdint.h>

#include "disk/plan.h"

#define BD_MBR_BOOT_CODE_BYTES 440u
#define BD_MBR_SIGNATURE_OFFSET 440u
#define BD_MBR_ENTRIES_OFFSET 446u
#define BD_MBR_ENTRY_BYTES 16u
/* The end of every boot sector, GRUB's boot.img and those of filesystems too. */
#define BD_MBR_MAGIC_OFFSET 510u
#define BD_MBR_MAGIC 0xaa55

/* signature: not 0, which means "none" to Windows and to PARTUUID. boot_code: NULL for none. */
void bd_mbr_encode(const struct bd_plan *plan, uint32_t signature, const uint8_t boot_code[BD_MBR_BOOT_CODE_BYTES],
		   uint8_t sector_out[BD_SECTOR_BYTES]);

#define BD_MBR_PARTITIONS 4
#define BD_MBR_TYPE_SWAP 0x82 /* Linux swap */
#define BD_MBR_TYPE_LINUX 0x83 /* a filesystem of Linux */
#define BD_MBR_TYPE_GPT 0xee /* protects a GPT from programs that do not know it */

struct bd_mbr_partition {
	uint8_t type; /* 0: the entry is empty */
	uint32_t start_lba, sector_count;
};

/* The four entries; those that are used come first, in the table's order. false: it is no MBR, or has no partition. */
bool bd_mbr_decode(const uint8_t sector[BD_SECTOR_BYTES], struct bd_mbr_partition partitions_out[BD_MBR_PARTITIONS]);

/* The PARTUUID that Linux gives a partition (block/partitions/msdos.c), by the signature of its disk and its number. */
#define BD_MBR_PARTITION_UUID_SIZE 12
void bd_mbr_partition_uuid(uint32_t signature, int number, char text_out[BD_MBR_PARTITION_UUID_SIZE]);

/* The place of an entry in the table, from 0: the partition that begins there. -1: none does. */
int bd_mbr_slot(const uint8_t sector[BD_SECTOR_BYTES], uint64_t start_lba);
/* Changes where the partition of a used entry lies, and nothing else. start_lba + sector_count: at most 2^32. */
void bd_mbr_move(uint8_t sector[BD_SECTOR_BYTES], int slot, uint64_t start_lba, uint64_t sector_count);

#endif
