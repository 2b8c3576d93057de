/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A GUID partition table of 128 entries and 512-byte sectors, as every program makes it, to be changed in place. Pure. Offsets are those
 * of the UEFI specification, "GPT Header" and "GPT Partition Entry Array".
 *
 *         LBA 0  protective MBR
 *             1  header
 *         2..33  entries
 *       -33..-2  their copy
 *            -1  the header's copy
 */
#ifndef BD_DISK_GPT_H
#define BD_DISK_GPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/sector.h"

#define BD_GPT_ENTRIES 128
#define BD_GPT_ENTRY_BYTES 128u
#define BD_GPT_ENTRIES_SECTORS (BD_GPT_ENTRIES * BD_GPT_ENTRY_BYTES / BD_SECTOR_BYTES)
#define BD_GPT_BACKUP_SECTORS (BD_GPT_ENTRIES_SECTORS + 1) /* at the end of the disk */
#define BD_GPT_TABLE_BYTES ((BD_GPT_ENTRIES_SECTORS + 1) * BD_SECTOR_BYTES)

struct bd_gpt {
	uint8_t table[BD_GPT_TABLE_BYTES]; /* header and entries, as from LBA 1 on */
};

struct bd_gpt_partition {
	uint64_t start_lba, sector_count;
	bool is_swap; /* Linux swap */
};

/* Whether the boot sector says that the disk has a GPT. */
bool bd_gpt_is_announced(const uint8_t sector[BD_SECTOR_BYTES]);

/* Whether the table is right: its header and checksums, and partitions that lie on a disk of that size. EIO: it is damaged. ENOTSUP: it
 * is made in another way than here, or for a smaller disk; or the boot sector has other partitions, too. */
int bd_gpt_check(const struct bd_gpt *gpt, const uint8_t sector[BD_SECTOR_BYTES], uint64_t disk_sectors,
		 struct bd_error *err);

/* slot: from 0. False: it is not used. */
bool bd_gpt_get(const struct bd_gpt *gpt, int slot, struct bd_gpt_partition *partition_out);
/* Changes where the partition of a used entry lies, and nothing else. bd_gpt_finish comes after it. */
void bd_gpt_move(struct bd_gpt *gpt, int slot, uint64_t start_lba, uint64_t sector_count);

uint64_t bd_gpt_backup_lba(const struct bd_gpt *gpt); /* of the header's copy */

/* For a disk of that size: where the copy lies, and checksums. sector: the boot sector, whose entry covers the disk then.
 * backup_out: the copy, which goes to the last BD_GPT_BACKUP_SECTORS of the disk. */
void bd_gpt_finish(struct bd_gpt *gpt, uint8_t sector[BD_SECTOR_BYTES], uint64_t disk_sectors,
		   uint8_t backup_out[BD_GPT_TABLE_BYTES]);

#endif
