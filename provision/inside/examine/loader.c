/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Follows the lists of sectors that GRUB 2's and GRUB Legacy's first stages load. */
#include "inside/examine/loader.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "disk/boot_code.h"
#include "inside/read_at.h"

struct looking {
	int fd;
	const struct bd_survey *survey;
	const uint8_t *first_sector;
	struct bd_examine *facts;
};

/* --- GRUB 2 ------------------------------------------------------------------------------------------------------- */

static uint64_t first_partition_lba(const struct bd_survey *survey)
{
	uint64_t first = survey->size_bytes;

	for (size_t i = 0; i < survey->region_count; i++)
		if (survey->regions[i].number && survey->regions[i].start_bytes < first)
			first = survey->regions[i].start_bytes;
	return first / BD_SECTOR_BYTES;
}

/* As diskboot.img loads it (disk/boot_code.c): the list grows downwards from the end of its sector. */
static enum bd_examine_core look_at_core(const struct looking *looking)
{
	uint8_t sector[BD_SECTOR_BYTES], rest[BD_SECTOR_BYTES];
	uint64_t lba = bd_boot_code_core_lba(looking->first_sector), first = first_partition_lba(looking->survey);

	looking->facts->core_lba = lba;
	looking->facts->gap_sectors = first ? first - 1 : 0;
	if (!lba || lba >= first || !bd_inside_read_at(looking->fd, lba * BD_SECTOR_BYTES, sector, sizeof(sector)))
		return BD_EXAMINE_CORE_OUTSIDE;
	if (bd_all_zero(sector, sizeof(sector)))
		return BD_EXAMINE_CORE_EMPTY;
	uint64_t sectors = 1, zeros = 0;
	for (size_t at = BD_SECTOR_BYTES - 12; at > 256; at -= 12) {
		uint64_t start = get_le64(sector + at), count = get_le16(sector + at + 8);
		if (!count)
			break;
		if (!start || start >= first || count > first - start)
			return BD_EXAMINE_CORE_BAD_LIST;
		for (uint64_t i = 0; i < count; i++)
			if (!bd_inside_read_at(looking->fd, (start + i) * BD_SECTOR_BYTES, rest, sizeof(rest)) ||
			    bd_all_zero(rest, sizeof(rest)))
				zeros++;
		sectors += count;
	}
	looking->facts->core_sectors = sectors;
	if (sectors == 1)
		return BD_EXAMINE_CORE_BAD_LIST;
	/* It is compressed: a sector of zeros may be there at its end, and no more of them. */
	return zeros > 1 ? BD_EXAMINE_CORE_EMPTY : BD_EXAMINE_CORE_FINE;
}

/* --- GRUB Legacy -------------------------------------------------------------------------------------------------- */

/* stage1/stage1.h: the sector of the next stage, whose own first sector (stage2/start.S) ends in a list of the others that grows
 * downwards: LBA, count and segment. stage2/asm.S: a version, the device (of a stage1_5 only) and the path that is loaded then. */
#define STAGE1_NEXT_AT 0x44
#define LIST_ENTRY_BYTES 8
#define LIST_END_AT 0x1a0 /* no list goes down to the code's messages */
#define VERSION_AT 0x12
#define DEVICE_BYTES 4

static bool is_within(const struct looking *looking, uint64_t lba, uint64_t count)
{
	return lba && lba + count <= looking->survey->size_bytes / BD_SECTOR_BYTES;
}

/* The path of stage2 that a stage1_5 says. */
static void take_path(const struct looking *looking, uint64_t lba)
{
	char text[BD_SECTOR_BYTES + 1] = "";

	if (!bd_inside_read_at(looking->fd, lba * BD_SECTOR_BYTES, text, BD_SECTOR_BYTES))
		return;
	size_t at = VERSION_AT + strlen(text + VERSION_AT) + 1 + DEVICE_BYTES;
	/* That of its config follows. */
	if (at < BD_SECTOR_BYTES && text[at] == '/')
		snprintf(looking->facts->stage2, sizeof(looking->facts->stage2), "%.*s", (int)strcspn(text + at, " "),
			 text + at);
}

static enum bd_examine_core look_at_stages(const struct looking *looking)
{
	uint8_t sector[BD_SECTOR_BYTES], next[BD_SECTOR_BYTES];
	uint64_t lba = get_le32(looking->first_sector + STAGE1_NEXT_AT), first = first_partition_lba(looking->survey);
	size_t lists = 0;

	looking->facts->core_lba = lba;
	if (!is_within(looking, lba, 1) ||
	    !bd_inside_read_at(looking->fd, lba * BD_SECTOR_BYTES, sector, sizeof(sector)))
		return BD_EXAMINE_CORE_OUTSIDE;
	if (bd_all_zero(sector, sizeof(sector)))
		return BD_EXAMINE_CORE_EMPTY;
	for (size_t at = BD_SECTOR_BYTES - LIST_ENTRY_BYTES; at >= LIST_END_AT; at -= LIST_ENTRY_BYTES, lists++) {
		uint64_t start = get_le32(sector + at), count = get_le16(sector + at + 4);
		if (!count)
			break;
		if (!is_within(looking, start, count) || (lba < first && start + count > first))
			return BD_EXAMINE_CORE_BAD_LIST;
		if (!bd_inside_read_at(looking->fd, start * BD_SECTOR_BYTES, next, sizeof(next)) ||
		    bd_all_zero(next, sizeof(next)))
			return BD_EXAMINE_CORE_EMPTY;
		if (lists == 0 && lba < first)
			take_path(looking, start);
	}
	return lists ? BD_EXAMINE_CORE_FINE : BD_EXAMINE_CORE_BAD_LIST;
}

void bd_examine_loader(int fd, const struct bd_survey *survey, const uint8_t first_sector[BD_SECTOR_BYTES],
		       struct bd_examine *facts)
{
	const struct looking looking = { .fd = fd, .survey = survey, .first_sector = first_sector, .facts = facts };

	if (survey->table != BD_SURVEY_MBR)
		return;
	if (survey->boot_code == BD_BOOT_CODE_GRUB2)
		facts->core = look_at_core(&looking);
	else if (survey->boot_code == BD_BOOT_CODE_GRUB_LEGACY)
		facts->core = look_at_stages(&looking);
}
