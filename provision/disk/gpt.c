/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks and changes a GUID partition table. */
#include "disk/gpt.h"

#include <errno.h>
#include <string.h>
#include <zlib.h>

#include "base/bytes.h"
#include "disk/gpt_format.h"
#include "disk/mbr.h"

#define REVISION 0x00010000u
#define HEADER_LBA 1
#define ENTRIES_LBA 2

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

bool bd_gpt_is_announced(const uint8_t sector[BD_SECTOR_BYTES])
{
	struct bd_mbr_partition partitions[BD_MBR_PARTITIONS];

	if (!bd_mbr_decode(sector, partitions))
		return false;
	for (size_t i = 0; i < BD_MBR_PARTITIONS; i++)
		if (partitions[i].type == BD_MBR_TYPE_GPT)
			return true;
	return false;
}

bool bd_gpt_get(const struct bd_gpt *gpt, int slot, struct bd_gpt_partition *partition_out)
{
	const uint8_t *entry = entry_of(gpt, slot);

	if (bd_all_zero(entry, BD_GPT_ENTRY_TYPE_BYTES))
		return false;
	*partition_out = (struct bd_gpt_partition){ .start_lba = get_le64(entry + BD_GPT_ENTRY_FIRST_AT),
						    .sector_count = get_le64(entry + BD_GPT_ENTRY_LAST_AT) -
								    get_le64(entry + BD_GPT_ENTRY_FIRST_AT) + 1,
						    .is_swap = memcmp(entry, type_swap, sizeof(type_swap)) == 0 };
	return true;
}

/* Within the usable part of the disk, and none in the other. */
static bool partitions_are_right(const struct bd_gpt *gpt)
{
	uint64_t first = get_le64(gpt->table + BD_GPT_FIRST_USABLE_AT),
		 last = get_le64(gpt->table + BD_GPT_LAST_USABLE_AT);
	struct bd_gpt_partition one, other;

	for (int i = 0; i < BD_GPT_ENTRIES; i++) {
		const uint8_t *entry = entry_of(gpt, i);
		if (!bd_gpt_get(gpt, i, &one))
			continue;
		if (one.start_lba < first || get_le64(entry + BD_GPT_ENTRY_LAST_AT) > last ||
		    get_le64(entry + BD_GPT_ENTRY_LAST_AT) < one.start_lba)
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
	uint64_t backup = get_le64(header + BD_GPT_ALTERNATE_AT);

	return get_le64(header + BD_GPT_FIRST_USABLE_AT) >= ENTRIES_LBA + BD_GPT_ENTRIES_SECTORS &&
	       backup < disk_sectors && backup >= BD_GPT_BACKUP_SECTORS &&
	       get_le64(header + BD_GPT_LAST_USABLE_AT) <= backup - BD_GPT_BACKUP_SECTORS;
}

int bd_gpt_check(const struct bd_gpt *gpt, const uint8_t sector[BD_SECTOR_BYTES], uint64_t disk_sectors,
		 struct bd_error *err)
{
	const uint8_t *header = gpt->table;
	struct bd_mbr_partition partitions[BD_MBR_PARTITIONS];

	if (!bd_mbr_decode(sector, partitions) || partitions[0].type != BD_MBR_TYPE_GPT ||
	    partitions[0].start_lba != HEADER_LBA || partitions[1].type)
		return bd_fail(err, ENOTSUP, "its MBR has partitions beside those of its GPT; remove one of the two");
	if (memcmp(header, BD_GPT_MAGIC, BD_GPT_MAGIC_BYTES) != 0 ||
	    get_le32(header + BD_GPT_REVISION_AT) != REVISION ||
	    get_le32(header + BD_GPT_HEADER_BYTES_AT) != BD_GPT_HEADER_BYTES ||
	    get_le64(header + BD_GPT_LBA_AT) != HEADER_LBA ||
	    get_le32(header + BD_GPT_HEADER_SUM_AT) != bd_gpt_header_sum(header, BD_GPT_HEADER_BYTES))
		return bd_fail(err, EIO, "the header of its GPT is damaged; repair it");
	if (get_le64(header + BD_GPT_ENTRIES_LBA_AT) != ENTRIES_LBA ||
	    get_le32(header + BD_GPT_ENTRY_COUNT_AT) != BD_GPT_ENTRIES ||
	    get_le32(header + BD_GPT_ENTRY_BYTES_AT) != BD_GPT_ENTRY_BYTES)
		return bd_fail(
			err, ENOTSUP,
			"its GPT has not 128 entries of 128 bytes behind the header; use sfdisk and resize2fs");
	if (!limits_are_right(header, disk_sectors))
		return bd_fail(err, ENOTSUP,
			       "by the header of its GPT, the disk is of another size; repair it, as with gdisk");
	if (get_le32(header + BD_GPT_ENTRIES_SUM_AT) != sum_of_entries(gpt) || !partitions_are_right(gpt))
		return bd_fail(err, EIO, "the entries of its GPT are damaged; repair it");
	return 0;
}

void bd_gpt_move(struct bd_gpt *gpt, int slot, uint64_t start_lba, uint64_t sector_count)
{
	uint8_t *entry = gpt->table + BD_SECTOR_BYTES + (size_t)slot * BD_GPT_ENTRY_BYTES;

	put_le64(entry + BD_GPT_ENTRY_FIRST_AT, start_lba);
	put_le64(entry + BD_GPT_ENTRY_LAST_AT, start_lba + sector_count - 1);
}

uint64_t bd_gpt_backup_lba(const struct bd_gpt *gpt)
{
	return get_le64(gpt->table + BD_GPT_ALTERNATE_AT);
}

void bd_gpt_finish(struct bd_gpt *gpt, uint8_t sector[BD_SECTOR_BYTES], uint64_t disk_sectors,
		   uint8_t backup_out[BD_GPT_TABLE_BYTES])
{
	const size_t entries_bytes = BD_GPT_ENTRIES_SECTORS * BD_SECTOR_BYTES;
	uint8_t *header = gpt->table, *copy = backup_out + entries_bytes;

	put_le64(header + BD_GPT_ALTERNATE_AT, disk_sectors - 1);
	put_le64(header + BD_GPT_LAST_USABLE_AT, disk_sectors - BD_GPT_BACKUP_SECTORS - 1);
	put_le32(header + BD_GPT_ENTRIES_SUM_AT, sum_of_entries(gpt));
	put_le32(header + BD_GPT_HEADER_SUM_AT, bd_gpt_header_sum(header, BD_GPT_HEADER_BYTES));
	memcpy(backup_out, entry_of(gpt, 0), entries_bytes);
	memcpy(copy, header, BD_SECTOR_BYTES);
	put_le64(copy + BD_GPT_LBA_AT, disk_sectors - 1);
	put_le64(copy + BD_GPT_ALTERNATE_AT, HEADER_LBA);
	put_le64(copy + BD_GPT_ENTRIES_LBA_AT, disk_sectors - BD_GPT_BACKUP_SECTORS);
	put_le32(copy + BD_GPT_HEADER_SUM_AT, bd_gpt_header_sum(copy, BD_GPT_HEADER_BYTES));
	/* Its other fields say nothing about the size, but that it is large. */
	put_le32(sector + BD_MBR_ENTRIES_OFFSET + bd_mbr_slot(sector, HEADER_LBA) * BD_MBR_ENTRY_BYTES + 12,
		 disk_sectors - 1 < UINT32_MAX ? (uint32_t)(disk_sectors - 1) : UINT32_MAX);
}
