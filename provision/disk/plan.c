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
	static const char *const names[] = { "mbr", "boot", "root", "swap", "mount", "unused" };
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

const struct bd_region *bd_plan_mount(const struct bd_plan *plan, size_t index)
{
	for (size_t i = 0; i < plan->region_count; i++)
		if (plan->regions[i].kind == BD_REGION_MOUNT && index-- == 0)
			return &plan->regions[i];
	return NULL;
}

/* Appends [end of the last region, end_lba); an empty one is left out. */
static void append(struct bd_plan *plan, enum bd_region_kind kind, int partition, uint64_t end_lba)
{
	const struct bd_region *last = plan->region_count ? &plan->regions[plan->region_count - 1] : NULL;
	uint64_t start_lba = last ? last->start_lba + last->sector_count : 0;

	assert(end_lba >= start_lba && plan->region_count < BD_PLAN_MAX_REGIONS);
	if (end_lba == start_lba)
		return;
	plan->regions[plan->region_count++] = (struct bd_region){
		.kind = kind, .partition = partition, .start_lba = start_lba, .sector_count = end_lba - start_lba
	};
}

int bd_plan_check_maximum(uint64_t bytes, struct bd_error *err)
{
	if (bytes / BD_SECTOR_BYTES > MBR_MAX_SECTORS)
		return bd_fail(err, EFBIG, "is too large: the maximum of an MBR partition table is 2T");
	return 0;
}

static int check_size(uint64_t size_bytes, struct bd_error *err)
{
	if (size_bytes % BD_SECTOR_BYTES)
		return bd_fail(err, EINVAL, "is not a whole number of 512-byte sectors");
	return bd_plan_check_maximum(size_bytes, err);
}

int bd_plan_check_swap(uint64_t swap_bytes, struct bd_error *err)
{
	if (swap_bytes && swap_bytes < SWAP_MIN_BYTES)
		return bd_fail(err, EINVAL, "is too small: the minimum is 1M");
	return bd_plan_check_maximum(swap_bytes, err);
}

static int check_mounts(const struct bd_plan_sizes *sizes, struct bd_error *err)
{
	if (sizes->mount_count + (sizes->swap_bytes != 0) > BD_PLAN_MOUNTS_MAX)
		return bd_fail(err, EINVAL, "would have more than four partitions, the maximum of an MBR");
	for (size_t i = 0; i < sizes->mount_count; i++)
		if (bd_plan_check_maximum(sizes->mount_bytes[i], err) != 0)
			return -1;
	return 0;
}

static int fail_too_small(const struct bd_plan_sizes *sizes, uint64_t needed, struct bd_error *err)
{
	uint64_t least_bytes = round_up(needed, BD_ALIGNMENT_SECTORS) * BD_SECTOR_BYTES;
	char text[80] = "";

	if (sizes->mount_count)
		snprintf(text, sizeof(text), " for a root%s partition and %zu more",
			 sizes->swap_bytes ? ", a swap" : "", sizes->mount_count);
	else if (sizes->swap_bytes)
		snprintf(text, sizeof(text), " for a root and a swap partition");
	return bd_fail(err, EINVAL, "is too small%s: the minimum is %lluM", text,
		       (unsigned long long)(least_bytes >> 20));
}

int bd_plan_disk(enum bd_layout layout, const struct bd_plan_sizes *sizes, struct bd_plan *plan_out,
		 struct bd_error *err)
{
	if (check_size(sizes->disk_bytes, err) != 0 || bd_plan_check_swap(sizes->swap_bytes, err) != 0 ||
	    check_mounts(sizes, err) != 0)
		return -1;

	uint64_t unit = layout == BD_LAYOUT_CYLINDER ? BD_CYLINDER_SECTORS : BD_ALIGNMENT_SECTORS;
	uint64_t start_lba = layout == BD_LAYOUT_CYLINDER ? BD_CHS_SECTORS : BD_ALIGNMENT_SECTORS;
	uint64_t total = sizes->disk_bytes / BD_SECTOR_BYTES;
	/* Aligned: a last partition may end off the MiB border; the filesystem rounds down to its blocks. */
	uint64_t usable = layout == BD_LAYOUT_CYLINDER || sizes->swap_bytes ? total / unit * unit : total;
	uint64_t swap = round_up(round_up(sizes->swap_bytes, BD_SECTOR_BYTES) / BD_SECTOR_BYTES, unit);
	uint64_t mount_ends[BD_PLAN_MOUNTS_MAX], root_lba = start_lba;

	for (size_t i = 0; i < sizes->mount_count; i++) {
		uint64_t sectors = round_up(sizes->mount_bytes[i], BD_SECTOR_BYTES) / BD_SECTOR_BYTES;
		root_lba = mount_ends[i] = round_up(root_lba + sectors, unit);
	}
	uint64_t needed = round_up(root_lba + BD_EXT3_MIN_BYTES / BD_SECTOR_BYTES, unit) + swap;
	if (usable < needed)
		return fail_too_small(sizes, needed, err);

	struct bd_plan plan = { .layout = layout,
				.disk_bytes = sizes->disk_bytes,
				.cylinders = total / BD_CYLINDER_SECTORS };
	int number = sizes->swap_bytes ? 3 : 2;
	append(&plan, BD_REGION_MBR, 0, 1);
	append(&plan, BD_REGION_BOOT, 0, start_lba);
	for (size_t i = 0; i < sizes->mount_count; i++)
		append(&plan, BD_REGION_MOUNT, number++, mount_ends[i]);
	append(&plan, BD_REGION_ROOT, 1, usable - swap);
	append(&plan, BD_REGION_SWAP, 2, usable);
	append(&plan, BD_REGION_UNUSED, 0, total);
	*plan_out = plan;
	return 0;
}
