/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables and boot sectors are changed through disk/redo.h, filesystems by e2fsck. */
#include "ops/check/repair.h"

#include <errno.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/log.h"
#include "base/progress.h"
#include "disk/mbr.h"
#include "disk/redo.h"
#include "ops/check/boot_sector.h"
#include "ops/check/fsck_copy.h"
#include "ops/check/repair_gpt.h"

static int read_sector(const struct check_disk *disk, uint8_t sector[BD_SECTOR_BYTES], struct bd_error *err)
{
	return bd_pread_full(disk->place->fd, sector, BD_SECTOR_BYTES, 0) == BD_SECTOR_BYTES
		       ? 0
		       : bd_fail(err, EIO, "cannot read the boot sector of %s", disk->place->image);
}

static int write_sector(const struct check_disk *disk, const uint8_t sector[BD_SECTOR_BYTES], struct bd_error *err)
{
	BD_DISPOSE(bd_redo_dispose) struct bd_redo redo = BD_REDO_INIT;

	return bd_redo_begin(disk->place->image, disk->place->fd, &redo, err) != 0 ||
			       bd_redo_witness(&redo, 0, err) != 0 ||
			       bd_redo_write(&redo, 0, sector, BD_SECTOR_BYTES, err) != 0 ||
			       bd_redo_commit(&redo, 0, err) != 0
		       ? -1
		       : 0;
}

static int write_magic(const struct check_disk *disk, struct bd_error *err)
{
	uint8_t sector[BD_SECTOR_BYTES];

	if (read_sector(disk, sector, err) != 0)
		return -1;
	put_le16(sector + BD_MBR_MAGIC_OFFSET, BD_MBR_MAGIC);
	return write_sector(disk, sector, err);
}

static int write_entry(const struct check_disk *disk, const struct finding *finding, struct bd_error *err)
{
	uint8_t sector[BD_SECTOR_BYTES];

	if (read_sector(disk, sector, err) != 0)
		return -1;
	if (bd_mbr_slot(sector, finding->first) != finding->partition - 1 || !finding->second ||
	    finding->first + finding->second > UINT64_C(1) << 32)
		return bd_fail(err, ESTALE, "the partition table of %s is not what it was", disk->place->image);
	bd_mbr_move(sector, finding->partition - 1, finding->first, finding->second);
	return write_sector(disk, sector, err);
}

/* e2fsck claims a device itself. */
static int repair_in_place(const struct check_disk *disk, const struct finding *finding,
			   struct e2fsprogs_verdict *verdict, struct bd_error *err)
{
	bool by_copy = finding->repair == FINDING_REPAIR_FSCK_COPY;
	struct bd_error failure = BD_ERROR_INIT;

	if (image_place_yield(disk->place, err) != 0)
		return -1;
	int r = e2fsprogs_repair(disk->place->fd, finding->first, by_copy ? finding->second : 0,
				 by_copy ? (uint32_t)finding->third : 0, verdict, err);
	return image_place_claim(disk->place, r == 0 ? err : &failure) != 0 ? -1 : r;
}

static int run_fsck(const struct check_disk *disk, const struct finding *finding, struct bd_error *err)
{
	struct e2fsprogs_verdict verdict;

	bd_progress_stage("repairing the filesystem", 0);
	if (finding->repair == FINDING_REPAIR_JOURNAL
		    ? fsck_copy_repair(disk->place, finding->first, finding->second, &verdict, err) != 0
		    : repair_in_place(disk, finding, &verdict, err) != 0)
		return -1;
	bd_progress_end(verdict.status >= 4);
	/* What it has not repaired is found again. */
	if (verdict.status >= 8 && finding->repair != FINDING_REPAIR_FSCK_COPY)
		bd_warn("e2fsck cannot repair the filesystem: %s", verdict.first);
	return 0;
}

int repair_finding(const struct check_disk *disk, const struct finding *finding, bool *repaired_out,
		   struct bd_error *err)
{
	*repaired_out = finding->repair != FINDING_NO_REPAIR && finding->repair != FINDING_REPAIR_CHANGE;
	switch (finding->repair) {
	case FINDING_REPAIR_MAGIC:
		return write_magic(disk, err);
	case FINDING_REPAIR_ENTRY:
		return write_entry(disk, finding, err);
	case FINDING_REPAIR_GPT:
		return repair_gpt(disk, finding->first, (uint32_t)finding->second, repaired_out, err);
	case FINDING_REPAIR_PROTECTIVE_MBR:
		return repair_protective_mbr(disk, (uint32_t)finding->second, err);
	case FINDING_REPAIR_FSCK:
	case FINDING_REPAIR_JOURNAL:
	case FINDING_REPAIR_FSCK_COPY:
		return run_fsck(disk, finding, err);
	case FINDING_REPAIR_BOOT:
		return boot_sector_write(disk, err);
	default:
		return 0;
	}
}
