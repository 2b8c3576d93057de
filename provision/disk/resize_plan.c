/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans the partition table of a disk that gets another size. */
#include "disk/resize_plan.h"

#include <errno.h>

#include "disk/mbr.h"
#include "disk/plan.h"

#define MAX_SECTORS ((uint64_t)1 << 32)
#define TYPE_GPT 0xee

static uint64_t round_up(uint64_t value, uint64_t unit)
{
	return (value + unit - 1) / unit * unit;
}

static int take_neighbour(struct bd_resize_plan *plan, const uint8_t *sector, const struct bd_mbr_partition *other,
			  struct bd_error *err)
{
	if (other->start_lba <= plan->start_lba)
		return 0;
	int slot = bd_mbr_slot(sector, other->start_lba);
	if (other->type != BD_MBR_TYPE_SWAP || plan->swap_slot >= 0)
		return bd_fail(
			err, ENOTSUP,
			"partition %d lies behind the filesystem's, which can be changed only where it is the last one, "
			"or has a single swap partition behind it",
			slot + 1);
	plan->swap_slot = slot;
	plan->swap_was_lba = other->start_lba;
	plan->swap_sectors = other->sector_count;
	return 0;
}

static int read_table(struct bd_resize_plan *plan, const uint8_t *sector, struct bd_error *err)
{
	struct bd_mbr_partition partitions[BD_MBR_PARTITIONS];
	uint32_t first = UINT32_MAX;

	if (!bd_mbr_decode(sector, partitions))
		return bd_fail(err, ENOTSUP, "its partition table is no MBR");
	for (size_t i = 0; i < BD_MBR_PARTITIONS && partitions[i].type; i++) {
		if (partitions[i].type == TYPE_GPT)
			return bd_fail(err, ENOTSUP, "its partition table is a GPT; only an MBR is changed");
		if (partitions[i].start_lba == plan->start_lba)
			plan->was_sectors = partitions[i].sector_count;
		if (partitions[i].start_lba < first)
			first = partitions[i].start_lba;
	}
	plan->slot = bd_mbr_slot(sector, plan->start_lba);
	if (plan->slot < 0)
		return bd_fail(err, ENOTSUP,
			       "the filesystem is in a logical partition; only a primary one is changed");
	plan->unit_sectors = first == BD_CHS_SECTORS ? BD_CYLINDER_SECTORS : BD_ALIGNMENT_SECTORS;
	for (size_t i = 0; i < BD_MBR_PARTITIONS && partitions[i].type; i++)
		if (take_neighbour(plan, sector, &partitions[i], err) != 0)
			return -1;
	return 0;
}

static int place(struct bd_resize_plan *plan, struct bd_error *err)
{
	uint64_t total = plan->disk_bytes / BD_SECTOR_BYTES, unit = plan->unit_sectors;
	/* As in bd_plan_disk. */
	bool to_the_border = unit == BD_CYLINDER_SECTORS || plan->swap_slot >= 0;
	uint64_t end = to_the_border ? total / unit * unit : total;

	if (total > MAX_SECTORS)
		return bd_fail(err, EFBIG, "is too large: the maximum of an MBR partition table is 2T");
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

int bd_resize_plan(const uint8_t sector[BD_SECTOR_BYTES], bool has_table, uint64_t start_bytes, uint64_t disk_bytes,
		   struct bd_resize_plan *plan_out, struct bd_error *err)
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
	else if (read_table(&plan, sector, err) != 0 || place(&plan, err) != 0)
		return -1;
	*plan_out = plan;
	return 0;
}

uint64_t bd_resize_least_disk(const struct bd_resize_plan *plan, uint64_t fs_bytes)
{
	uint64_t end = plan->start_lba + round_up(fs_bytes, BD_SECTOR_BYTES) / BD_SECTOR_BYTES;

	if (plan->swap_slot >= 0)
		end = round_up(end, plan->unit_sectors) + plan->swap_sectors;
	return round_up(end, plan->unit_sectors) * BD_SECTOR_BYTES;
}
