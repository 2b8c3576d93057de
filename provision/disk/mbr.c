/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Encodes and decodes the master boot record. */
#include "disk/mbr.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

#define FLAG_ACTIVE 0x80

/* Head, sector (from 1) with the cylinder's two high bits, cylinder. What lies past cylinder 1023 gets the last
 * address that fits, as fdisk writes it. */
static void put_chs(uint8_t *at, uint64_t lba)
{
	const uint64_t limit = (uint64_t)1024 * BD_CYLINDER_SECTORS;

	if (lba >= limit)
		lba = limit - 1;
	uint32_t cylinder = (uint32_t)(lba / BD_CYLINDER_SECTORS);
	at[0] = (uint8_t)(lba / BD_CHS_SECTORS % BD_CHS_HEADS);
	at[1] = (uint8_t)((lba % BD_CHS_SECTORS + 1) | (cylinder >> 2 & 0xc0));
	at[2] = (uint8_t)cylinder;
}

static void put_entry(uint8_t *at, const struct bd_region *region, uint8_t flag, uint8_t type)
{
	/* bd_plan_disk keeps every region below 2^32 sectors. */
	assert(region->start_lba + region->sector_count <= (uint64_t)1 << 32);

	at[0] = flag;
	put_chs(at + 1, region->start_lba);
	at[4] = type;
	put_chs(at + 5, region->start_lba + region->sector_count - 1);
	put_le32(at + 8, (uint32_t)region->start_lba);
	put_le32(at + 12, (uint32_t)region->sector_count);
}

void bd_mbr_encode(const struct bd_plan *plan, uint32_t signature, const uint8_t boot_code[BD_MBR_BOOT_CODE_BYTES],
		   uint8_t sector_out[BD_SECTOR_BYTES])
{
	assert(signature != 0);
	memset(sector_out, 0, BD_SECTOR_BYTES);
	if (boot_code)
		memcpy(sector_out, boot_code, BD_MBR_BOOT_CODE_BYTES);
	put_le32(sector_out + BD_MBR_SIGNATURE_OFFSET, signature);
	for (size_t i = 0; i < plan->region_count; i++) {
		const struct bd_region *region = &plan->regions[i];
		if (!region->partition)
			continue;
		put_entry(sector_out + BD_MBR_ENTRIES_OFFSET + (region->partition - 1) * (int)BD_MBR_ENTRY_BYTES,
			  region, region->kind == BD_REGION_ROOT ? FLAG_ACTIVE : 0,
			  region->kind == BD_REGION_SWAP ? BD_MBR_TYPE_SWAP : BD_MBR_TYPE_LINUX);
	}
	put_le16(sector_out + BD_MBR_MAGIC_OFFSET, BD_MBR_MAGIC);
}

bool bd_mbr_decode(const uint8_t sector[BD_SECTOR_BYTES], struct bd_mbr_partition partitions_out[BD_MBR_PARTITIONS])
{
	size_t used = 0;

	memset(partitions_out, 0, BD_MBR_PARTITIONS * sizeof(*partitions_out));
	if (get_le16(sector + BD_MBR_MAGIC_OFFSET) != BD_MBR_MAGIC)
		return false;
	for (size_t i = 0; i < BD_MBR_PARTITIONS; i++) {
		const uint8_t *at = sector + BD_MBR_ENTRIES_OFFSET + i * BD_MBR_ENTRY_BYTES;
		/* A filesystem's own boot sector ends in 55 AA too; what is in the place of its table is no flag. */
		if (at[0] & 0x7f)
			return false;
		if (at[4] && get_le32(at + 8) && get_le32(at + 12))
			partitions_out[used++] = (struct bd_mbr_partition){ .type = at[4],
									    .start_lba = get_le32(at + 8),
									    .sector_count = get_le32(at + 12) };
	}
	return used > 0;
}

void bd_mbr_partition_uuid(uint32_t signature, int number, char text_out[BD_MBR_PARTITION_UUID_SIZE])
{
	snprintf(text_out, BD_MBR_PARTITION_UUID_SIZE, "%08" PRIx32 "-%02x", signature, (unsigned)number & 0xff);
}

int bd_mbr_slot(const uint8_t sector[BD_SECTOR_BYTES], uint64_t start_lba)
{
	for (int i = 0; i < BD_MBR_PARTITIONS; i++) {
		const uint8_t *at = sector + BD_MBR_ENTRIES_OFFSET + i * BD_MBR_ENTRY_BYTES;
		if (at[4] && get_le32(at + 12) && get_le32(at + 8) == start_lba)
			return i;
	}
	return -1;
}

void bd_mbr_move(uint8_t sector[BD_SECTOR_BYTES], int slot, uint64_t start_lba, uint64_t sector_count)
{
	uint8_t *at = sector + BD_MBR_ENTRIES_OFFSET + slot * BD_MBR_ENTRY_BYTES;
	const struct bd_region region = { .start_lba = start_lba, .sector_count = sector_count };

	put_entry(at, &region, at[0], at[4]);
}
