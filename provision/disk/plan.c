/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decides the layout of the partitions. */
#include "disk/plan.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "ext3/ext3.h"

/* An MBR entry holds a 32-bit start and a 32-bit length. */
#define MBR_MAX_SECTORS ((uint64_t)1 << 32)
#define SWAP_MIN_BYTES (1024u * 1024)

static uint64_t round_up(uint64_t value, uint64_t unit)
{
	return (value + unit - 1) / unit * unit;
}

const char *bd_region_name(enum bd_region_kind kind)
{
	static const char *const names[] = { "mbr", "boot", "root", "swap", "unused" };
	return names[kind];
}

const char *bd_layout_name(enum bd_layout layout)
{
	return layout == BD_LAYOUT_CYLINDER ? "cylinder" : "aligned";
}

int bd_layout_parse(const char *text, enum bd_layout *layout_out, struct bd_error *err)
{
	if (strcmp(text, "aligned") == 0)
		*layout_out = BD_LAYOUT_ALIGNED;
	else if (strcmp(text, "cylinder") == 0)
		*layout_out = BD_LAYOUT_CYLINDER;
	else
		return bd_usage(err, "must be aligned or cylinder, not \"%s\"", text);
	return 0;
}

const struct bd_region *bd_plan_find(const struct bd_plan *plan, enum bd_region_kind kind)
{
	for (size_t i = 0; i < plan->region_count; i++)
		if (plan->regions[i].kind == kind)
			return &plan->regions[i];
	return NULL;
}

/* Appends [end of the last region, end_lba); an empty one is left out. */
static void append(struct bd_plan *plan, enum bd_region_kind kind, uint64_t end_lba)
{
	const struct bd_region *last = plan->region_count ? &plan->regions[plan->region_count - 1] : NULL;
	uint64_t start_lba = last ? last->start_lba + last->sector_count : 0;

	assert(end_lba >= start_lba && plan->region_count < BD_PLAN_MAX_REGIONS);
	if (end_lba == start_lba)
		return;
	plan->regions[plan->region_count++] =
		(struct bd_region){ .kind = kind, .start_lba = start_lba, .sector_count = end_lba - start_lba };
}

static int check_size(uint64_t size_bytes, struct bd_error *err)
{
	if (size_bytes % BD_SECTOR_BYTES)
		return bd_fail(err, EINVAL, "is not a whole number of 512-byte sectors");
	if (size_bytes / BD_SECTOR_BYTES > MBR_MAX_SECTORS)
		return bd_fail(err, EFBIG, "is too large: the maximum of an MBR partition table is 2T");
	return 0;
}

int bd_plan_check_swap(uint64_t swap_bytes, struct bd_error *err)
{
	if (swap_bytes / BD_SECTOR_BYTES > MBR_MAX_SECTORS)
		return bd_fail(err, EFBIG, "is too large: the maximum of an MBR partition table is 2T");
	if (swap_bytes && swap_bytes < SWAP_MIN_BYTES)
		return bd_fail(err, EINVAL, "is too small: the minimum is 1M");
	return 0;
}

int bd_plan_disk(enum bd_layout layout, uint64_t size_bytes, uint64_t swap_bytes, struct bd_plan *plan_out,
		 struct bd_error *err)
{
	if (check_size(size_bytes, err) != 0)
		return -1;
	if (bd_plan_check_swap(swap_bytes, err) != 0)
		return -1;

	uint64_t unit = layout == BD_LAYOUT_CYLINDER ? BD_CYLINDER_SECTORS : BD_ALIGNMENT_SECTORS;
	uint64_t start_lba = layout == BD_LAYOUT_CYLINDER ? BD_CHS_SECTORS : BD_ALIGNMENT_SECTORS;
	uint64_t total = size_bytes / BD_SECTOR_BYTES;
	/* Aligned: a last partition may end off the MiB border; the filesystem rounds down to its blocks. */
	uint64_t usable = layout == BD_LAYOUT_CYLINDER || swap_bytes ? total / unit * unit : total;
	uint64_t swap = swap_bytes ? round_up(round_up(swap_bytes, BD_SECTOR_BYTES) / BD_SECTOR_BYTES, unit) : 0;
	uint64_t needed = round_up(start_lba + BD_EXT3_MIN_BYTES / BD_SECTOR_BYTES, unit) + swap;

	if (usable < needed) {
		uint64_t least_bytes = round_up(needed, BD_ALIGNMENT_SECTORS) * BD_SECTOR_BYTES;
		return bd_fail(err, EINVAL, "is too small%s: the minimum is %lluM",
			       swap ? " for a root and a swap partition" : "",
			       (unsigned long long)(least_bytes >> 20));
	}

	struct bd_plan plan = { .layout = layout,
				.disk_bytes = size_bytes,
				.cylinders = total / BD_CYLINDER_SECTORS };
	append(&plan, BD_REGION_MBR, 1);
	append(&plan, BD_REGION_BOOT, start_lba);
	append(&plan, BD_REGION_ROOT, usable - swap);
	append(&plan, BD_REGION_SWAP, usable);
	append(&plan, BD_REGION_UNUSED, total);
	*plan_out = plan;
	return 0;
}
