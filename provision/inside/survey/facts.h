/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What there is to know about a disk image as a whole: its table, its regions, its filesystems and their block groups. */
#ifndef BD_INSIDE_SURVEY_FACTS_H
#define BD_INSIDE_SURVEY_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "disk/boot_code.h"
#include "disk/data_ranges.h"

enum bd_survey_table { BD_SURVEY_NO_TABLE, BD_SURVEY_MBR, BD_SURVEY_GPT, BD_SURVEY_TABLE_COUNT };

enum bd_survey_region_kind {
	BD_SURVEY_BOOT_RECORD, /* LBA 0: boot code and the MBR's partition table, or a GPT's protective MBR */
	BD_SURVEY_BOOT_LOADER, /* core.img, or whatever lies in the gap behind it */
	BD_SURVEY_GPT_HEADER, /* with the entries behind it */
	BD_SURVEY_GPT_BACKUP,
	BD_SURVEY_PARTITION,
	BD_SURVEY_SWAP, /* a partition that is one */
	BD_SURVEY_WHOLE, /* of a disk without a table: what is in it */
	BD_SURVEY_UNUSED,
	BD_SURVEY_REGION_COUNT
};

struct bd_survey_region {
	enum bd_survey_region_kind kind;
	uint64_t start_bytes, size_bytes; /* the end is no more than INT64_MAX */
	bool overlaps; /* it begins before the one before it ends */
	bool is_outside; /* it ends behind the end of the image */
	/* Of a partition, as struct bd_partition has them; texts are printable. */
	int number; /* 0: it is none */
	uint8_t mbr_type;
	bool is_active;
	char gpt_type[37], name[160], content[32];
	bool has_uuid; /* of a swap area */
	uint8_t uuid[16];
};

/* A part of a block group, so that a filesystem with few of them has a picture, too. Numbers of blocks. */
struct bd_survey_slice {
	uint32_t blocks; /* that there are */
	uint32_t used; /* all that is not free; of these: */
	uint32_t metadata; /* superblock, descriptors, bitmaps and inode tables */
	uint32_t journal;
};

struct bd_survey_group {
	uint64_t start_block;
	uint32_t blocks, free_blocks, free_inodes, directories; /* as its descriptor says, apart from blocks */
	uint32_t used_blocks; /* as its bitmap says */
	bool has_superblock; /* or a copy of it */
	bool is_unreadable; /* its bitmap is: used_blocks is by the descriptor */
};

enum bd_survey_state { BD_SURVEY_CLEAN, BD_SURVEY_NOT_UNMOUNTED, BD_SURVEY_HAS_ERRORS, BD_SURVEY_STATE_COUNT };
enum bd_survey_journal { BD_SURVEY_NO_JOURNAL, BD_SURVEY_JOURNAL, BD_SURVEY_JOURNAL_DEVICE, BD_SURVEY_JOURNAL_COUNT };

struct bd_survey_filesystem {
	int partition; /* 0: it has the whole disk */
	uint64_t start_bytes, room_bytes; /* room_bytes: of the partition, or from there to the end of the disk */
	/* Set: it cannot be read, and nothing below is known. */
	struct bd_error problem;
	/* Of the superblock; texts are printable. */
	char type[32], label[80], last_mounted[280], features[600];
	uint8_t uuid[16];
	uint32_t block_bytes, inode_bytes, blocks_per_group, inodes_per_group;
	uint32_t cluster_blocks; /* 1 unless bigalloc */
	uint64_t blocks, free_blocks, reserved_blocks, first_block;
	uint32_t inodes, free_inodes, mount_count;
	int64_t made, mounted, written, checked; /* seconds since 1970; 0: never */
	enum bd_survey_state state;
	uint32_t errors; /* that the kernel has counted */
	enum bd_survey_journal journal;
	uint64_t journal_bytes;
	bool needs_recovery; /* there is something in the journal */
	/* Of the bitmaps. */
	uint64_t used_blocks; /* with block 0, where that is for boot code */
	uint64_t free_data_bytes; /* free blocks that have data on the host: what punching holes would give back */
	struct bd_survey_group *groups; /* owned */
	size_t group_count;
	/* slice_blocks each, slices_per_group of them for each group, of which the last one may have fewer. */
	struct bd_survey_slice *slices; /* owned */
	size_t slice_count;
	uint32_t slice_blocks, slices_per_group;
};

struct bd_survey {
	uint64_t size_bytes; /* of the image */
	enum bd_survey_table table;
	uint32_t table_sector_bytes; /* that the table counts in */
	uint32_t disk_signature; /* of an MBR */
	bool has_gpt_uuid;
	uint8_t gpt_uuid[16]; /* of the disk, as bytes of its text */
	enum bd_boot_code boot_code;
	struct bd_survey_region *regions; /* ascending; together they cover the image; owned */
	size_t region_count;
	struct bd_survey_filesystem *filesystems; /* of ext2, ext3 and ext4; owned */
	size_t filesystem_count;
};

#define BD_SURVEY_PARTITIONS_MAX 1024
#define BD_SURVEY_FILESYSTEMS_MAX 64
#define BD_SURVEY_GROUPS_MAX (1u << 20) /* 128 TiB in groups of 128 MiB */
#define BD_SURVEY_SLICES 2048u /* about as many for each filesystem */
#define BD_SURVEY_SLICES_PER_GROUP_MAX 256u

struct bd_survey_request {
	bool only_regions; /* no filesystem is looked at */
	int partition; /* the one whose filesystem is to be looked at; 0: all of them */
	const struct bd_data_ranges *data; /* of the image; borrowed; NULL: free_data_bytes is not wanted */
};

/* How a filesystem is cut. False: its groups cannot be. */
static inline bool bd_survey_cut(uint64_t blocks, uint64_t first_block, uint32_t blocks_per_group,
				 uint64_t group_count, uint32_t *slice_blocks_out, uint32_t *slices_per_group_out)
{
	if (!blocks_per_group || first_block > 1 || blocks <= first_block || !group_count ||
	    group_count > BD_SURVEY_GROUPS_MAX || (blocks - first_block - 1) / blocks_per_group + 1 != group_count)
		return false;
	uint64_t group_blocks = group_count == 1 ? blocks - first_block : blocks_per_group;
	uint64_t slices = BD_SURVEY_SLICES / group_count;
	if (slices > BD_SURVEY_SLICES_PER_GROUP_MAX)
		slices = BD_SURVEY_SLICES_PER_GROUP_MAX;
	if (slices > group_blocks)
		slices = group_blocks;
	if (slices == 0)
		slices = 1;
	*slice_blocks_out = (uint32_t)((group_blocks + slices - 1) / slices);
	*slices_per_group_out = (uint32_t)((group_blocks + *slice_blocks_out - 1) / *slice_blocks_out);
	return true;
}

#endif
