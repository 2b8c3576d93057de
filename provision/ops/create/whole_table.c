/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Moves the copy of a GPT to the end of a larger disk. Of the disk, which others made, only sectors of fixed size are looked at. */
#include "ops/create/whole_table.h"

#include <string.h>

#include "base/file/file.h"
#include "base/log.h"
#include "base/zeros.h"
#include "disk/gpt.h"
#include "disk/gpt_format.h"

static const char table_name[] = "the partition table";

/* Where the copy was there are zeros, as on a disk that was partitioned in this size. */
static int clear_old_copy(int fd, uint64_t backup_lba, struct bd_error *err)
{
	const size_t size = BD_GPT_BACKUP_SECTORS * BD_SECTOR_BYTES;
	_Static_assert(BD_GPT_BACKUP_SECTORS * BD_SECTOR_BYTES <= BD_ZEROS_BYTES, "the copy is more than the zeros there are");
	uint8_t header[BD_SECTOR_BYTES];

	if (bd_pread_all(fd, header, sizeof(header), backup_lba * BD_SECTOR_BYTES, table_name, err) != 0)
		return -1;
	if (memcmp(header, BD_GPT_MAGIC, BD_GPT_MAGIC_BYTES) != 0)
		return 0;
	return bd_pwrite_all(fd, bd_zeros, size, (backup_lba - BD_GPT_ENTRIES_SECTORS) * BD_SECTOR_BYTES,
			     table_name, err);
}

static int move_copy(int fd, struct bd_gpt *gpt, uint8_t sector[BD_SECTOR_BYTES], uint64_t new_bytes,
		     struct bd_error *err)
{
	uint8_t backup[BD_GPT_TABLE_BYTES];

	if (clear_old_copy(fd, bd_gpt_backup_lba(gpt), err) != 0)
		return -1;
	bd_gpt_finish(gpt, sector, new_bytes / BD_SECTOR_BYTES, backup);
	if (bd_pwrite_all(fd, backup, sizeof(backup), new_bytes - sizeof(backup), table_name, err) != 0 ||
	    bd_pwrite_all(fd, gpt->table, sizeof(gpt->table), BD_SECTOR_BYTES, table_name, err) != 0)
		return -1;
	return bd_pwrite_all(fd, sector, BD_SECTOR_BYTES, 0, table_name, err);
}

int create_whole_table_fit(int fd, const char *path, uint64_t old_bytes, uint64_t new_bytes, struct bd_error *err)
{
	uint8_t sector[BD_SECTOR_BYTES];
	struct bd_error problem;
	struct bd_gpt gpt;

	if (new_bytes <= old_bytes || old_bytes < BD_SECTOR_BYTES + sizeof(gpt.table))
		return 0;
	if (bd_pread_all(fd, sector, sizeof(sector), 0, table_name, err) != 0)
		return -1;
	if (!bd_gpt_is_announced(sector))
		return 0;
	if (bd_pread_all(fd, gpt.table, sizeof(gpt.table), BD_SECTOR_BYTES, table_name, err) != 0)
		return -1;
	if (bd_gpt_check(&gpt, sector, old_bytes / BD_SECTOR_BYTES, &problem) == 0)
		return move_copy(fd, &gpt, sector, new_bytes, err);
	bd_warn("the partition table of %s still ends where the template's disk did: %s", path, problem.message);
	return 0;
}
