/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a check of a disk image asks in addition to a survey (inside/survey/facts.h): whether table, superblocks and boot loader
 * contradict each other, and what would be booted.
 */
#ifndef BD_INSIDE_EXAMINE_FACTS_H
#define BD_INSIDE_EXAMINE_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* GRUB 2's core.img, as boot.img and diskboot.img name it; likewise GRUB Legacy's stage1_5 or stage2, as stage1 and the first
 * sector of that stage do, which may also lie in a partition. */
enum bd_examine_core {
	BD_EXAMINE_CORE_NONE, /* the boot code is not GRUB's */
	BD_EXAMINE_CORE_FINE,
	BD_EXAMINE_CORE_OUTSIDE, /* boot.img loads from a sector that is not in the gap before the first partition */
	BD_EXAMINE_CORE_BAD_LIST, /* diskboot.img has no list of blocks that lie in the gap */
	BD_EXAMINE_CORE_EMPTY, /* where it should be there are zeros */
	BD_EXAMINE_CORE_COUNT
};

enum bd_examine_gpt {
	BD_EXAMINE_GPT_FINE,
	BD_EXAMINE_GPT_MISSING, /* no header where there has to be one */
	BD_EXAMINE_GPT_HEADER, /* its checksum or its own address is wrong */
	BD_EXAMINE_GPT_ENTRIES, /* the checksum of its partition entries is wrong */
	BD_EXAMINE_GPT_MISPLACED, /* the backup is right, and not at the end of the disk */
	BD_EXAMINE_GPT_COUNT
};

/* The boot records of an MBR's logical partitions, each of which leads to the next one. */
enum bd_examine_chain {
	BD_EXAMINE_CHAIN_FINE,
	BD_EXAMINE_CHAIN_BROKEN, /* it leads to a sector that is no boot record */
	BD_EXAMINE_CHAIN_LEAVES, /* to one outside of the extended partition */
	BD_EXAMINE_CHAIN_LOOPS, /* to one where it has been, or it does not end */
	BD_EXAMINE_CHAIN_COUNT
};

struct bd_examine_extended {
	int number; /* of the partition; 0: there is none */
	uint64_t start_lba, sectors;
	int overlaps; /* the number of a primary partition that it lies over; 0: of none */
	enum bd_examine_chain chain;
	uint64_t chain_lba; /* where it leads to, or ends */
	uint32_t logical_count; /* before that */
	int outside; /* the first logical partition that is not within it; 0: all are */
};

/* The superblock where a filesystem begins, or would begin, and its first copy, that of group 1. */
struct bd_examine_superblock {
	uint64_t start_bytes;
	int partition; /* 0: the whole disk; -1: it lies in a gap, which begins at gap_bytes */
	uint64_t gap_bytes, gap_size_bytes;
	bool is_there;
	uint64_t blocks;
	uint32_t block_bytes;
	bool has_copy;
	uint64_t copy_blocks, copy_at_block;
	uint32_t copy_block_bytes;
};

#define BD_EXAMINE_PATH_SIZE 256
#define BD_EXAMINE_ARGUMENTS_SIZE 2048 /* Linux takes no more on x86: COMMAND_LINE_SIZE */

struct bd_examine_entry { /* of a boot config */
	char kernel[BD_EXAMINE_PATH_SIZE], initramfs[BD_EXAMINE_PATH_SIZE]; /* printable; "": none */
	char root[BD_EXAMINE_PATH_SIZE]; /* what root= of the kernel's command line says */
	char arguments[BD_EXAMINE_ARGUMENTS_SIZE]; /* all of the command line, a blank between its words; printable */
	bool is_cut; /* there is more of it */
	bool has_kernel, has_initramfs; /* they are there, and not empty */
	bool is_default;
};

#define BD_EXAMINE_ENTRIES_MAX 64

struct bd_examine_boot { /* of one filesystem */
	int partition;
	bool is_root; /* it has /etc and programs */
	char config[64]; /* the one that pygrub would read; "": none */
	bool has_stage2; /* the file that GRUB Legacy's stage1_5 loads */
	struct bd_examine_entry *entries; /* owned */
	size_t entry_count;
};

#define BD_EXAMINE_SUPERBLOCKS_MAX 2048

struct bd_examine {
	bool lacks_magic; /* sector 0 has a plausible table, and not the bytes 55 AA at its end */
	uint64_t
		table_end_lba; /* where the partitions of an MBR end that libblkid does not take for one; 0: there is none */
	enum bd_examine_core core;
	uint64_t core_lba, core_sectors, gap_sectors;
	char stage2[BD_EXAMINE_PATH_SIZE]; /* the file that GRUB Legacy's stage1_5 loads; "": not known */
	enum bd_examine_gpt gpt, gpt_backup; /* meaningful with a GPT only */
	bool has_hidden_gpt; /* there is one that the survey does not know, because of its MBR or a header; else of that one: */
	uint32_t gpt_sector_bytes;
	uint64_t gpt_source_lba; /* of a copy that is right; 0: neither is, or there is no GPT */
	bool lacks_protective_mbr; /* meaningful with a GPT only */
	bool may_protect; /* its MBR says nothing else */
	struct bd_examine_extended extended;
	struct bd_examine_superblock *superblocks; /* owned */
	size_t superblock_count;
	struct bd_examine_boot *boots; /* owned */
	size_t boot_count;
};

#endif
