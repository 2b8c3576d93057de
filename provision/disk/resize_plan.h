/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the partitions lie after a disk has got another size: the filesystem's partition ends where the disk does, or where a swap
 * partition behind it begins, which keeps its size and goes with the end. Pure.
 *
 * Where the first partition begins at sector 63, borders are those of cylinders, else of MiB, as in disk/plan.h.
 */
#ifndef BD_DISK_RESIZE_PLAN_H
#define BD_DISK_RESIZE_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/sector.h"
#include "disk/gpt.h"

struct bd_resize_plan {
	uint64_t disk_bytes; /* then */
	int slot; /* of the filesystem's partition in the table; -1: there is no table, the filesystem is the disk */
	uint64_t start_lba, was_sectors, sectors; /* of it, before and then */
	int swap_slot; /* -1: there is no swap partition behind it */
	uint64_t swap_sectors, swap_was_lba, swap_lba;
	uint64_t unit_sectors;
	uint64_t end_sectors; /* at the end of the disk that are the copy of a GPT */
};

/* sector: the disk's first; gpt: NULL where it announces none, else checked (bd_gpt_check); start_bytes: of the filesystem; has_table: it
 * is in a partition. ENOTSUP: a logical partition, or another one behind it. EINVAL: the disk is too small for what is before it and behind it;
 * EFBIG: too large for an MBR. */
int bd_resize_plan(const uint8_t sector[BD_SECTOR_BYTES], const struct bd_gpt *gpt, bool has_table,
		   uint64_t start_bytes, uint64_t disk_bytes, struct bd_resize_plan *plan_out, struct bd_error *err);

/* The size of the smallest disk for a filesystem of that size, all else being as in the plan. */
uint64_t bd_resize_least_disk(const struct bd_resize_plan *plan, uint64_t fs_bytes);

#endif
