/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks and changes a GUID partition table. */
#include "disk/gpt.h"

#include <errno.h>
#include <string.h>
#include <zlib.h>

#include "base/bytes.h"
#include "disk/mbr.h"

#define MAGIC "EFI PART"
#define REVISION 0x00010000u
#define HEADER_BYTES 92u
#define HEADER_LBA 1
#define ENTRIES_LBA 2
#define TYPE_PROTECTIVE 0xee
#define MBR_ENTRIES_OFFSET 446
#define MBR_ENTRY_BYTES 16

enum header_offset {
	AT_REVISION = 8,
	AT_HEADER_BYTES = 12,
	AT_HEADER_SUM = 16,
	AT_LBA = 24,
	AT_BACKUP_LBA = 32,
	AT_FIRST_USABLE = 40,
	AT_LAST_USABLE = 48,
	AT_ENTRIES_LBA = 72,
	AT_ENTRY_COUNT = 80,
	AT_ENTRY_BYTES = 84,
	AT_ENTRIES_SUM = 88,
};

/* 0657FD6D-A4AB-43C4-84E5-0933C84B4F4F, as it is in an entry. */
static const uint8_t type_swap[16] = { 0x6d, 0xfd, 0x57, 0x06, 0xab, 0xa4, 0xc4, 0x43,
				       0x84, 0xe5, 0x09, 0x33, 0xc8, 0x4b, 0x4f, 0x4f };

static const uint8_t *entry_of(const struct bd_gpt *gpt, int slot)
{
	return gpt->table + BD_SECTOR_BYTES + (size_t)slot * BD_GPT_ENTRY_BYTES;
}

static uint32_t sum_of_entries(const struct bd_gpt *gpt)
{
	return (uint32_t)crc32(0, entry_of(gpt, 0), BD_GPT_ENTRIES * BD_GPT_ENTRY_BYTES);
}

/* With zeros in its own place. */
static uint32_t sum_of_header(const uint8_t *table)
{
	uint8_t header[HEADER_BYTES];

	memcpy(header, table, sizeof(header));
	put_le32(header + AT_HEADER_SUM, 0);
	return (uint32_t)crc32(0, header, sizeof(header));
}

bool bd_gpt_is_announced(const uint8_t sector[BD_SECTOR_BYTES])
{
	struct bd_mbr_partition partitions[BD_MBR_PARTITIONS];

	if (!bd_mbr_decode(sector, partitions))
		return false;
	for (size_t i = 0; i < BD_MBR_PARTITIONS; i++)
		if (partitions[i].type == TYPE_PROTECTIVE)
			return true;
	return false;
}

bool bd_gpt_get(const struct bd_gpt *gpt, int slot, struct bd_gpt_partition *partition_out)
{
	static const uint8_t unused[16];
	const uint8_t *entry = entry_of(gpt, slot);

	if (memcmp(entry, unused, sizeof(unused)) == 0)
		return false;
	*partition_out = (struct bd_gpt_partition){ .start_lba = get_le64(entry + 32),
						    .sector_count = get_le64(entry + 40) - get_le64(entry + 32) + 1,
						    .is_swap = memcmp(entry, type_swap, sizeof(type_swap)) == 0 };
	return true;
}

/* Within the usable part of the disk, and none in the other. */
static bool partitions_are_right(const struct bd_gpt *gpt)
{
	uint64_t first = get_le64(gpt->table + AT_FIRST_USABLE), last = get_le64(gpt->table + AT_LAST_USABLE);
	struct bd_gpt_partition one, other;

	for (int i = 0; i < BD_GPT_ENTRIES; i++) {
		const uint8_t *entry = entry_of(gpt, i);
		if (!bd_gpt_get(gpt, i, &one))
			continue;
		if (one.start_lba < first || get_le64(entry + 40) > last || get_le64(entry + 40) < one.start_lba)
			return false;
		for (int j = 0; j < i; j++)
			if (bd_gpt_get(gpt, j, &other) && one.start_lba < other.start_lba + other.sector_count &&
			    other.start_lba < one.start_lba + one.sector_count)
				return false;
	}
	return true;
}

/* Partitions overlap neither the table nor its copy. */
static bool limits_are_right(const uint8_t *header, uint64_t disk_sectors)
{
	uint64_t backup = get_le64(header + AT_BACKUP_LBA);

	return get_le64(header + AT_FIRST_USABLE) >= ENTRIES_LBA + BD_GPT_ENTRIES_SECTORS && backup < disk_sectors &&
	       backup >= BD_GPT_BACKUP_SECTORS && get_le64(header + AT_LAST_USABLE) <= backup - BD_GPT_BACKUP_SECTORS;
}

int bd_gpt_check(const struct bd_gpt *gpt, const uint8_t sector[BD_SECTOR_BYTES], uint64_t disk_sectors,
		 struct bd_error *err)
{
	const uint8_t *header = gpt->table;
	struct bd_mbr_partition partitions[BD_MBR_PARTITIONS];

	if (!bd_mbr_decode(sector, partitions) || partitions[0].type != TYPE_PROTECTIVE ||
	    partitions[0].start_lba != HEADER_LBA || partitions[1].type)
		return bd_fail(err, ENOTSUP, "its MBR has partitions beside those of its GPT; remove one of the two");
	if (memcmp(header, MAGIC, 8) != 0 || get_le32(header + AT_REVISION) != REVISION ||
	    get_le32(header + AT_HEADER_BYTES) != HEADER_BYTES || get_le64(header + AT_LBA) != HEADER_LBA ||
	    get_le32(header + AT_HEADER_SUM) != sum_of_header(header))
		return bd_fail(err, EIO, "the header of its GPT is damaged; repair it");
	if (get_le64(header + AT_ENTRIES_LBA) != ENTRIES_LBA || get_le32(header + AT_ENTRY_COUNT) != BD_GPT_ENTRIES ||
	    get_le32(header + AT_ENTRY_BYTES) != BD_GPT_ENTRY_BYTES)
		return bd_fail(
			err, ENOTSUP,
			"its GPT has not 128 entries of 128 bytes behind the header; use sfdisk and resize2fs");
	if (!limits_are_right(header, disk_sectors))
		return bd_fail(err, ENOTSUP,
			       "by the header of its GPT, the disk is of another size; repair it, as with gdisk");
	if (get_le32(header + AT_ENTRIES_SUM) != sum_of_entries(gpt) || !partitions_are_right(gpt))
		return bd_fail(err, EIO, "the entries of its GPT are damaged; repair it");
	return 0;
}

void bd_gpt_move(struct bd_gpt *gpt, int slot, uint64_t start_lba, uint64_t sector_count)
{
	uint8_t *entry = gpt->table + BD_SECTOR_BYTES + (size_t)slot * BD_GPT_ENTRY_BYTES;

	put_le64(entry + 32, start_lba);
	put_le64(entry + 40, start_lba + sector_count - 1);
}

uint64_t bd_gpt_backup_lba(const struct bd_gpt *gpt)
{
	return get_le64(gpt->table + AT_BACKUP_LBA);
}

void bd_gpt_finish(struct bd_gpt *gpt, uint8_t sector[BD_SECTOR_BYTES], uint64_t disk_sectors,
		   uint8_t backup_out[BD_GPT_TABLE_BYTES])
{
	const size_t entries_bytes = BD_GPT_ENTRIES_SECTORS * BD_SECTOR_BYTES;
	uint8_t *header = gpt->table, *copy = backup_out + entries_bytes;

	put_le64(header + AT_BACKUP_LBA, disk_sectors - 1);
	put_le64(header + AT_LAST_USABLE, disk_sectors - BD_GPT_BACKUP_SECTORS - 1);
	put_le32(header + AT_ENTRIES_SUM, sum_of_entries(gpt));
	put_le32(header + AT_HEADER_SUM, sum_of_header(header));
	memcpy(backup_out, entry_of(gpt, 0), entries_bytes);
	memcpy(copy, header, BD_SECTOR_BYTES);
	put_le64(copy + AT_LBA, disk_sectors - 1);
	put_le64(copy + AT_BACKUP_LBA, HEADER_LBA);
	put_le64(copy + AT_ENTRIES_LBA, disk_sectors - BD_GPT_BACKUP_SECTORS);
	put_le32(copy + AT_HEADER_SUM, sum_of_header(copy));
	/* Its other fields say nothing about the size, but that it is large. */
	put_le32(sector + MBR_ENTRIES_OFFSET + bd_mbr_slot(sector, HEADER_LBA) * MBR_ENTRY_BYTES + 12,
		 disk_sectors - 1 < UINT32_MAX ? (uint32_t)(disk_sectors - 1) : UINT32_MAX);
}
