/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares and writes the boot sector. */
#include "ops/check/boot_sector.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "disk/ext_partition.h"
#include "disk/grub_mkimage.h"
#include "disk/redo.h"

#define REDO_PIECE_BYTES (1u << 20)

/* That lies first, whatever its number: behind the boot loader. NULL: the disk has none of our layouts. */
static const struct bd_survey_region *first_partition(const struct check_disk *disk, enum bd_layout *layout_out)
{
	for (size_t i = 0; i < disk->survey.region_count && disk->survey.table == BD_SURVEY_MBR; i++) {
		const struct bd_survey_region *region = &disk->survey.regions[i];
		if (!check_disk_is_partition(region))
			continue;
		*layout_out = region->start_bytes == BD_CHS_SECTORS * BD_SECTOR_BYTES ? BD_LAYOUT_CYLINDER
										      : BD_LAYOUT_ALIGNED;
		return check_disk_filesystem(disk, 1) &&
				       (*layout_out == BD_LAYOUT_CYLINDER ||
					region->start_bytes == BD_ALIGNMENT_SECTORS * BD_SECTOR_BYTES)
			       ? region
			       : NULL;
	}
	return NULL;
}

static bool load(const struct check_disk *disk, struct bd_grub *grub_out)
{
	enum bd_layout layout;
	const struct bd_survey_region *first = first_partition(disk, &layout);
	struct bd_error ignored;

	return first && bd_grub2_load(layout, first->start_bytes - BD_SECTOR_BYTES, grub_out, &ignored) == 0;
}

int boot_sector_compare(const struct check_disk *disk, enum boot_sector_match *match_out, struct bd_error *err)
{
	BD_DISPOSE(bd_grub_dispose) struct bd_grub grub = { 0 };

	*match_out = BOOT_SECTOR_UNKNOWN;
	if (!load(disk, &grub))
		return 0;
	size_t size = grub.core_bytes, sectors = size / BD_SECTOR_BYTES, same = 0;
	BD_FREE uint8_t *data = malloc(size);
	if (!data)
		return bd_no_memory(err);
	if (bd_pread_full(disk->place->fd, data, size, BD_SECTOR_BYTES) != (ssize_t)size)
		return bd_fail(err, EIO, "cannot read the boot loader of %s", disk->place->image);
	for (size_t i = 0; i < sectors; i++)
		same += memcmp(data + i * BD_SECTOR_BYTES, grub.core + i * BD_SECTOR_BYTES, BD_SECTOR_BYTES) == 0;
	/* core.img of another GRUB has next to nothing in common with it. */
	if (same == sectors)
		*match_out = BOOT_SECTOR_SAME;
	else if (same > sectors / 2)
		*match_out = BOOT_SECTOR_DAMAGED;
	return 0;
}

bool boot_sector_can_write(const struct check_disk *disk, enum boot_sector_match match)
{
	BD_DISPOSE(bd_grub_dispose) struct bd_grub grub = { 0 };
	enum bd_layout layout;

	return first_partition(disk, &layout) && (layout == BD_LAYOUT_ALIGNED || match != BOOT_SECTOR_UNKNOWN) &&
	       load(disk, &grub);
}

int boot_sector_write(const struct check_disk *disk, struct bd_error *err)
{
	BD_DISPOSE(bd_grub_dispose) struct bd_grub grub = { 0 };
	BD_DISPOSE(bd_redo_dispose) struct bd_redo redo = BD_REDO_INIT;
	uint8_t sector[BD_SECTOR_BYTES];

	if (!load(disk, &grub))
		return bd_fail(err, ENOPKG, "GRUB's BIOS images or grub-mkimage are not installed any more");
	if (bd_pread_full(disk->place->fd, sector, sizeof(sector), 0) != sizeof(sector))
		return bd_fail(err, EIO, "cannot read the boot sector of %s", disk->place->image);
	memcpy(sector, grub.boot_code, BD_MBR_BOOT_CODE_BYTES);
	if (bd_redo_begin(disk->place->image, disk->place->fd, &redo, err) != 0 ||
	    bd_redo_witness(&redo, 0, err) != 0 || bd_redo_write(&redo, 0, sector, sizeof(sector), err) != 0)
		return -1;
	for (size_t at = 0; at < grub.core_bytes; at += REDO_PIECE_BYTES) {
		size_t size = grub.core_bytes - at < REDO_PIECE_BYTES ? grub.core_bytes - at : REDO_PIECE_BYTES;
		if (bd_redo_write(&redo, BD_SECTOR_BYTES + at, grub.core + at, size, err) != 0)
			return -1;
	}
	return bd_redo_commit(&redo, 0, err);
}
