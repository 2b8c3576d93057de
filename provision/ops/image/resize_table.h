/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The partition table of a disk that is to get another size, as disk/resize_plan.h takes it. */
#ifndef BD_OPS_IMAGE_RESIZE_TABLE_H
#define BD_OPS_IMAGE_RESIZE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "disk/gpt.h"
#include "disk/resize_plan.h"
#include "inside/blocks.h"

struct resize_table {
	uint8_t sector[BD_SECTOR_BYTES]; /* the disk's first */
	bool has_gpt;
	struct bd_gpt gpt; /* checked */
};

/* blocks: of the filesystem that is meant. ENOTSUP, EIO (IMAGE_REMEDY_CHECK of e2fsprogs.h): bd_gpt_check. */
int resize_table_read(int fd, const struct bd_fs_blocks *blocks, uint64_t disk_bytes, struct resize_table *table_out,
		      struct bd_error *err);

/* As bd_resize_plan. */
int resize_table_plan(const struct resize_table *table, const struct bd_fs_blocks *blocks, uint64_t disk_bytes,
		      struct bd_resize_plan *plan_out, struct bd_error *err);

#endif
