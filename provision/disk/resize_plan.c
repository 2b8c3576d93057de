/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans the partition table of a disk that gets another size. */
#include "disk/resize_plan.h"

#include <errno.h>

#include "disk/mbr.h"
#include "disk/plan.h"

#define MAX_SECTORS ((uint64_t)1 << 32)

static uint64_t round_up(uint64_t value, uint64_t unit)
{
	return (value + unit - 1) / unit * unit;
}

static int take_neighbour(struct bd_resize_plan *plan, int slot, uint64_t start_lba, uint64_t sectors, bool is_swap,
			  struct bd_error *err)
{
	if (start_lba <= plan->start_lba)
		return 0;
	if (!is_swap || plan->swap_slot >= 0)
		return bd_fail(
			err, ENOTSUP,
			"partition %d lies behind the filesystem's, which can be changed only where it is the last one, "
			"or has a single swap partition behind it; move or remove that one first",
			slot + 1);
	plan->swap_slot = slot;
	plan->swap_was_lba = start_lba;
	plan->swap_sectors = sectors;
	return 0;
}

static int read_mbr(struct bd_resize_plan *plan, const uint8_t *sector, struct bd_error *err)
{
	struct bd_mbr_partition partitions[BD_MBR_PARTITIONS];
	uint32_t first = UINT32_MAX;

	if (!bd_mbr_decode(sector, partitions))
		return bd_fail(err, ENOTSUP, "its partition table is neither an MBR nor a GPT");
	for (size_t i = 0; i < BD_MBR_PARTITIONS && partitions[i].type; i++) {
		if (partitions[i].type == BD_MBR_TYPE_GPT)
			return bd_fail(err, ENOTSUP, "its partition table is a GPT");
		if (partitions[i].start_lba == plan->start_lba)
			plan->was_sectors = partitions[i].sector_count;
		if (partitions[i].start_lba < first)
			first = partitions[i].start_lba;
	}
	plan->slot = bd_mbr_slot(sector, plan->start_lba);
	if (plan->slot < 0)
		return bd_fail(
			err, ENOTSUP,
			"the filesystem is in a logical partition; only a primary one is changed: use parted and resize2fs");
	plan->unit_sectors = first == BD_CHS_SECTORS ? BD_CYLINDER_SECTORS : BD_ALIGNMENT_SECTORS;
	for (size_t i = 0; i < BD_MBR_PARTITIONS && partitions[i].type; i++)
		if (take_neighbour(plan, bd_mbr_slot(sector, partitions[i].start_lba), partitions[i].start_lba,
				   partitions[i].sector_count, partitions[i].type == BD_MBR_TYPE_SWAP, err) != 0)
			return -1;
	return 0;
}

static int read_gpt(struct bd_resize_plan *plan, const struct bd_gpt *gpt, struct bd_error *err)
{
	struct bd_gpt_partition partition;

	plan->unit_sectors = BD_ALIGNMENT_SECTORS;
	plan->end_sectors = BD_GPT_BACKUP_SECTORS;
	for (int i = 0; i < BD_GPT_ENTRIES; i++)
		if (bd_gpt_get(gpt, i, &partition) && partition.start_lba == plan->start_lba) {
			plan->slot = i;
			plan->was_sectors = partition.sector_count;
		}
	if (plan->slot < 0)
		return bd_fail(err, ENOTSUP, "no partition of its GPT begins where the filesystem does");
	for (int i = 0; i < BD_GPT_ENTRIES; i++)
		if (bd_gpt_get(gpt, i, &partition) &&
		    take_neighbour(plan, i, partition.start_lba, partition.sector_count, partition.is_swap, err) != 0)
			return -1;
	return 0;
}

static int place(struct bd_resize_plan *plan, struct bd_error *err)
{
	uint64_t total = plan->disk_bytes / BD_SECTOR_BYTES, unit = plan->unit_sectors;
	/* As in bd_plan_disk; without swap, in a GPT, as sfdisk(8) and growpart(1). */
	bool to_the_border = unit == BD_CYLINDER_SECTORS || plan->swap_slot >= 0;

	if (!plan->end_sectors && total > MAX_SECTORS)
		return bd_fail(err, EFBIG, "is too large: the maximum of an MBR partition table is 2T");
	if (total <= plan->end_sectors)
		return bd_fail(err, EINVAL, "is too small for what is on the disk");
	total -= plan->end_sectors;
	uint64_t end = to_the_border ? total / unit * unit : total;
	if (end <= plan->start_lba + plan->swap_sectors)
		return bd_fail(err, EINVAL, "is too small for what is on the disk");
	if (plan->swap_slot >= 0) {
		plan->swap_lba = (end - plan->swap_sectors) / unit * unit;
		end = plan->swap_lba;
	}
	if (end <= plan->start_lba)
		return bd_fail(err, EINVAL, "is too small for what is on the disk");
	plan->sectors = end - plan->start_lba;
	return 0;
}

int bd_resize_plan(const uint8_t sector[BD_SECTOR_BYTES], const struct bd_gpt *gpt, bool has_table,
		   uint64_t start_bytes, uint64_t disk_bytes, struct bd_resize_plan *plan_out, struct bd_error *err)
{
	struct bd_resize_plan plan = { .disk_bytes = disk_bytes,
				       .slot = -1,
				       .swap_slot = -1,
				       .start_lba = start_bytes / BD_SECTOR_BYTES,
				       .unit_sectors = 1 };

	if (disk_bytes % BD_SECTOR_BYTES)
		return bd_fail(err, EINVAL, "is not a whole number of 512-byte sectors");
	if (!has_table)
		plan.sectors = disk_bytes / BD_SECTOR_BYTES;
	else if ((gpt ? read_gpt(&plan, gpt, err) : read_mbr(&plan, sector, err)) != 0 || place(&plan, err) != 0)
		return -1;
	*plan_out = plan;
	return 0;
}

uint64_t bd_resize_least_disk(const struct bd_resize_plan *plan, uint64_t fs_bytes)
{
	uint64_t end = plan->start_lba + round_up(fs_bytes, BD_SECTOR_BYTES) / BD_SECTOR_BYTES;

	if (plan->swap_slot >= 0)
		end = round_up(end, plan->unit_sectors) + plan->swap_sectors;
	return round_up(end + plan->end_sectors, plan->unit_sectors) * BD_SECTOR_BYTES;
}
