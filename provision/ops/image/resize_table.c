/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a disk's partition table. */
#include "ops/image/resize_table.h"

#include <errno.h>

#include "base/file/file.h"
#include "ops/image/e2fsprogs.h"

int resize_table_read(int fd, const struct bd_fs_blocks *blocks, uint64_t disk_bytes, struct resize_table *table_out,
		      struct bd_error *err)
{
	static const char what[] = "the partition table";

	if (bd_pread_all(fd, table_out->sector, sizeof(table_out->sector), 0, what, err) != 0)
		return -1;
	table_out->has_gpt = blocks->partition > 0 && bd_gpt_is_announced(table_out->sector);
	if (!table_out->has_gpt)
		return 0;
	if (bd_pread_all(fd, table_out->gpt.table, sizeof(table_out->gpt.table), BD_SECTOR_BYTES, what, err) != 0)
		return -1;
	if (bd_gpt_check(&table_out->gpt, table_out->sector, disk_bytes / BD_SECTOR_BYTES, err) == 0)
		return 0;
	return err->code == EIO ? bd_set_field(err, IMAGE_REMEDY_CHECK) : -1;
}

int resize_table_plan(const struct resize_table *table, const struct bd_fs_blocks *blocks, uint64_t disk_bytes,
		      struct bd_resize_plan *plan_out, struct bd_error *err)
{
	return bd_resize_plan(table->sector, table->has_gpt ? &table->gpt : NULL, blocks->partition > 0,
			      blocks->offset_bytes, disk_bytes, plan_out, err);
}
