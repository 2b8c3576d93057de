/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plan of an image: what lies where on the disk, as an ordered vector of regions. Pure: values in, values out.
 *
 *   LBA 0   1      2048, or 63                                              end of the disk
 *   | mbr | boot | mount ... | root (partition 1) | swap (partition 2) | unused tail |
 *
 * The regions cover the disk from LBA 0 to its last sector without overlap or hole; an LBA is 512 bytes. Filesystems that are mounted
 * in the root's have the numbers behind swap's, and lie before the root, so that it can grow with the disk.
 * Sources: the MBR chapter of the UEFI specification; for the cylinder layout fdisk's DOS-compatible mode.
 */
#ifndef BD_DISK_PLAN_H
#define BD_DISK_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/sector.h"

#define BD_CHS_HEADS 255u
#define BD_CHS_SECTORS 63u
#define BD_CYLINDER_SECTORS (BD_CHS_HEADS * BD_CHS_SECTORS)
#define BD_ALIGNMENT_SECTORS 2048u

enum bd_layout {
	BD_LAYOUT_ALIGNED, /* partitions begin and end at MiB borders */
	BD_LAYOUT_CYLINDER, /* the first at sector 63, all end at cylinder borders */
};

enum bd_region_kind {
	BD_REGION_MBR, /* LBA 0: boot code, disk signature, partition table */
	BD_REGION_BOOT, /* the gap behind it, where core.img (or GRUB Legacy's stage 1.5) lies */
	BD_REGION_ROOT, /* partition 1, type 0x83 */
	BD_REGION_SWAP, /* partition 2, type 0x82 */
	BD_REGION_MOUNT, /* type 0x83 */
	BD_REGION_UNUSED,
};

struct bd_region {
	enum bd_region_kind kind;
	int partition; /* its number; 0: it is none */
	uint64_t start_lba, sector_count;
};

#define BD_PLAN_MAX_REGIONS 8
#define BD_PLAN_MOUNTS_MAX 3 /* an MBR has four partitions, and one is the root's */

struct bd_plan {
	enum bd_layout layout;
	uint64_t disk_bytes;
	uint64_t cylinders; /* whole ones of 255 heads and 63 sectors */
	struct bd_region regions[BD_PLAN_MAX_REGIONS];
	size_t region_count;
};

struct bd_plan_sizes {
	uint64_t disk_bytes; /* of the whole file */
	uint64_t swap_bytes; /* 0: there is no swap partition */
	uint64_t mount_bytes[BD_PLAN_MOUNTS_MAX];
	size_t mount_count; /* with swap, one less than there can be without */
};

/* All but the root gets its size, rounded up to what the layout can give; the root has the rest.
 * EINVAL: not a multiple of 512, under the minimum, no room for all, or too many; EFBIG: beyond the 2 TiB that an MBR can
 * address. The message says what the size is ("is too small: ..."): the caller puts the size before it, as its user gave
 * it. */
int bd_plan_disk(enum bd_layout layout, const struct bd_plan_sizes *sizes, struct bd_plan *plan_out,
		 struct bd_error *err);

/* Only the size of a disk or partition: EFBIG, as above. */
int bd_plan_check_maximum(uint64_t bytes, struct bd_error *err);
/* Only the size of a swap partition, with the same errors. */
int bd_plan_check_swap(uint64_t swap_bytes, struct bd_error *err);

/* NULL when the plan has none of that kind. */
const struct bd_region *bd_plan_find(const struct bd_plan *plan, enum bd_region_kind kind);
/* The partition of mount_bytes[index] of the plan's sizes. */
const struct bd_region *bd_plan_mount(const struct bd_plan *plan, size_t index);

static inline uint64_t bd_region_start_bytes(const struct bd_region *region)
{
	return region->start_lba * BD_SECTOR_BYTES;
}

static inline uint64_t bd_region_bytes(const struct bd_region *region)
{
	return region->sector_count * BD_SECTOR_BYTES;
}

const char *bd_region_name(enum bd_region_kind kind);
const char *bd_layout_name(enum bd_layout layout);
int bd_layout_parse(const char *text, enum bd_layout *layout_out, struct bd_error *err);

#endif
