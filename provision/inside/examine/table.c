/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables that do not count as they are, both copies of a GPT, and the chain of logical partitions of an MBR. */
#include "inside/examine/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "disk/gpt.h"
#include "disk/mbr.h"
#include "inside/examine/gpt_copy.h"
#include "inside/read_at.h"

#define LINKS_MAX 256 /* more logical partitions than that the kernel does not take either */

struct looking {
	int fd;
	const struct bd_survey *survey;
	const uint8_t *first_sector;
	struct bd_examine *facts;
};

/* --- an MBR that does not count ----------------------------------------------------------------------------------- */

/* Where the partitions end that an MBR names which is not taken for one; 0: its entries are none, or one lies over another. */
static uint64_t table_end(const struct looking *looking)
{
	struct bd_mbr_partition partitions[BD_MBR_PARTITIONS];
	uint8_t sector[BD_SECTOR_BYTES];
	uint64_t end = 0;

	memcpy(sector, looking->first_sector, sizeof(sector));
	put_le16(sector + BD_MBR_MAGIC_OFFSET, BD_MBR_MAGIC);
	if (!bd_mbr_decode(sector, partitions))
		return 0;
	for (size_t i = 0; i < BD_MBR_PARTITIONS && partitions[i].type; i++) {
		if (partitions[i].start_lba < end)
			return 0;
		end = (uint64_t)partitions[i].start_lba + partitions[i].sector_count;
	}
	return end;
}

/* A table may be none because it lacks its last two bytes, or because it reaches behind the end of the disk. */
static void look_for_table(const struct looking *looking)
{
	bool has_magic = get_le16(looking->first_sector + BD_MBR_MAGIC_OFFSET) == BD_MBR_MAGIC;
	uint64_t end = table_end(looking);
	bool fits = end <= looking->survey->size_bytes / BD_SECTOR_BYTES;

	looking->facts->lacks_magic = end && fits && !has_magic;
	looking->facts->table_end_lba = has_magic && !bd_gpt_is_announced(looking->first_sector) ? end : 0;
}

/* --- GPT ---------------------------------------------------------------------------------------------------------- */

/* header_out: zeros where there is none that is right. */
static enum bd_examine_gpt look_at_gpt(const struct looking *looking, uint64_t lba, uint64_t sector_bytes,
				       struct bd_gpt_copy *header_out)
{
	uint8_t sector[BD_SECTOR_BYTES];
	struct bd_gpt_copy header;
	uint64_t at;

	*header_out = (struct bd_gpt_copy){ 0 };
	if (__builtin_mul_overflow(lba, sector_bytes, &at) ||
	    !bd_inside_read_at(looking->fd, at, sector, sizeof(sector)) || memcmp(sector, "EFI PART", 8) != 0)
		return BD_EXAMINE_GPT_MISSING;
	if (!bd_gpt_copy_decode(sector, &header) || header.lba != lba ||
	    __builtin_mul_overflow(header.entries_lba, sector_bytes, &at))
		return BD_EXAMINE_GPT_HEADER;
	*header_out = header;
	size_t size = bd_gpt_copy_entries_bytes(&header);
	BD_FREE uint8_t *entries = malloc(size);
	return entries && bd_inside_read_at(looking->fd, at, entries, size) && bd_gpt_copy_matches(sector, entries)
		       ? BD_EXAMINE_GPT_FINE
		       : BD_EXAMINE_GPT_ENTRIES;
}

/* The backup is where the header says, at the end of the disk, or at the end that the disk had when its MBR was written. */
static enum bd_examine_gpt look_at_backup(const struct looking *looking, uint64_t alternate, uint64_t last,
					  uint64_t sector_bytes, uint64_t *lba_out)
{
	const uint64_t places[] = { alternate, last, bd_gpt_protected_end(looking->first_sector) };
	enum bd_examine_gpt first = BD_EXAMINE_GPT_MISSING;
	struct bd_gpt_copy header;

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		if (places[i] <= 1)
			continue;
		enum bd_examine_gpt state = look_at_gpt(looking, places[i], sector_bytes, &header);
		*lba_out = places[i];
		if (state == BD_EXAMINE_GPT_FINE)
			return places[i] == last ? state : BD_EXAMINE_GPT_MISPLACED;
		if (first == BD_EXAMINE_GPT_MISSING)
			first = state;
	}
	return first;
}

/* False: neither copy of a table that counts in such sectors is right. */
static bool look_for_gpt(const struct looking *looking, uint32_t sector_bytes)
{
	struct bd_examine *facts = looking->facts;
	uint64_t last = looking->survey->size_bytes / sector_bytes - 1, backup_lba = 0;
	struct bd_gpt_copy header;

	facts->gpt = look_at_gpt(looking, 1, sector_bytes, &header);
	facts->gpt_backup = look_at_backup(looking, header.alternate_lba, last, sector_bytes, &backup_lba);
	facts->gpt_sector_bytes = sector_bytes;
	facts->gpt_source_lba =
		facts->gpt == BD_EXAMINE_GPT_FINE ? 1
		: facts->gpt_backup == BD_EXAMINE_GPT_FINE || facts->gpt_backup == BD_EXAMINE_GPT_MISPLACED
			? backup_lba
			: 0;
	/* Of a disk that was cut off the backup is gone, and nothing of the table counts. */
	if (facts->gpt == BD_EXAMINE_GPT_FINE && header.alternate_lba > last &&
	    looking->survey->table == BD_SURVEY_NO_TABLE && header.alternate_lba < INT64_MAX / sector_bytes)
		facts->table_end_lba = (header.alternate_lba + 1) * (sector_bytes / BD_SECTOR_BYTES);
	return facts->gpt_source_lba;
}

/* One that libblkid does not report, because no MBR protects it, or because its header is damaged and its backup not at the end of
 * the disk. Behind an MBR may lie what is left of one; one with a header that is right is no rest. */
static void look_for_hidden_gpt(const struct looking *looking)
{
	struct bd_examine *facts = looking->facts;

	for (uint32_t bytes = BD_SECTOR_BYTES; bytes <= BD_LARGE_SECTOR_BYTES; bytes *= 8) {
		if (looking->survey->size_bytes < 3 * bytes || !look_for_gpt(looking, bytes))
			continue;
		facts->has_hidden_gpt =
			looking->survey->table == BD_SURVEY_NO_TABLE || facts->gpt == BD_EXAMINE_GPT_FINE;
		if (facts->has_hidden_gpt)
			return;
	}
	facts->gpt_source_lba = 0;
}

/* --- logical partitions ------------------------------------------------------------------------------------------- */

static bool is_extended(uint8_t type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

static bool has_been_at(const uint64_t *seen, size_t count, uint64_t lba)
{
	for (size_t i = 0; i < count; i++)
		if (seen[i] == lba)
			return true;
	return false;
}

/* The logical partition of one boot record, and the next one of those, relative to the extended partition; 0: there is none. */
static uint32_t take_record(const uint8_t record[BD_SECTOR_BYTES], uint64_t lba, struct bd_examine_extended *extended)
{
	uint32_t next = 0;

	for (size_t i = 0; i < BD_MBR_PARTITIONS; i++) {
		const uint8_t *entry = record + BD_MBR_ENTRIES_OFFSET + i * BD_MBR_ENTRY_BYTES;
		uint32_t start = get_le32(entry + 8), sectors = get_le32(entry + 12);
		if (!entry[4] || !sectors)
			continue;
		if (is_extended(entry[4])) {
			next = next ? next : start;
			continue;
		}
		/* Only the first two entries of such a record count. */
		if (i > 1)
			continue;
		extended->logical_count++;
		if (!extended->outside && (!start || lba + start + sectors > extended->start_lba + extended->sectors))
			extended->outside = BD_MBR_PARTITIONS + (int)extended->logical_count;
	}
	return next;
}

static void walk(const struct looking *looking, struct bd_examine_extended *extended)
{
	uint64_t seen[LINKS_MAX], lba = extended->start_lba;
	uint8_t record[BD_SECTOR_BYTES];

	for (size_t i = 0; i < LINKS_MAX; i++) {
		extended->chain_lba = lba;
		if (!bd_inside_read_at(looking->fd, lba * BD_SECTOR_BYTES, record, sizeof(record)) ||
		    get_le16(record + BD_MBR_MAGIC_OFFSET) != BD_MBR_MAGIC) {
			extended->chain = BD_EXAMINE_CHAIN_BROKEN;
			return;
		}
		seen[i] = lba;
		uint32_t next = take_record(record, lba, extended);
		if (!next)
			return;
		lba = extended->start_lba + next;
		if (next >= extended->sectors || has_been_at(seen, i + 1, lba)) {
			extended->chain =
				next >= extended->sectors ? BD_EXAMINE_CHAIN_LEAVES : BD_EXAMINE_CHAIN_LOOPS;
			extended->chain_lba = lba;
			return;
		}
	}
	extended->chain = BD_EXAMINE_CHAIN_LOOPS;
}

/* A primary partition that the extended one lies over. */
static int overlapped(const struct bd_survey *survey, const struct bd_examine_extended *extended)
{
	uint64_t start = extended->start_lba * BD_SECTOR_BYTES, end = start + extended->sectors * BD_SECTOR_BYTES;

	for (size_t i = 0; i < survey->region_count; i++) {
		const struct bd_survey_region *region = &survey->regions[i];
		if (region->number >= 1 && region->number <= BD_MBR_PARTITIONS && region->start_bytes < end &&
		    region->start_bytes + region->size_bytes > start)
			return region->number;
	}
	return 0;
}

static void look_for_extended(const struct looking *looking)
{
	for (size_t i = 0; i < BD_MBR_PARTITIONS; i++) {
		const uint8_t *entry = looking->first_sector + BD_MBR_ENTRIES_OFFSET + i * BD_MBR_ENTRY_BYTES;
		struct bd_examine_extended extended = { .number = (int)i + 1,
							.start_lba = get_le32(entry + 8),
							.sectors = get_le32(entry + 12) };
		if (!is_extended(entry[4]) || !extended.start_lba || !extended.sectors)
			continue;
		walk(looking, &extended);
		extended.overlaps = overlapped(looking->survey, &extended);
		looking->facts->extended = extended;
		return;
	}
}

void bd_examine_table(int fd, const struct bd_survey *survey, const uint8_t first_sector[BD_SECTOR_BYTES],
		      struct bd_examine *facts)
{
	const struct looking looking = { .fd = fd, .survey = survey, .first_sector = first_sector, .facts = facts };

	facts->lacks_protective_mbr = !bd_gpt_is_announced(first_sector);
	facts->may_protect = bd_gpt_may_protect(first_sector);
	if (survey->table == BD_SURVEY_NO_TABLE)
		look_for_table(&looking);
	if (survey->table != BD_SURVEY_GPT)
		look_for_hidden_gpt(&looking);
	else if (survey->table_sector_bytes >= BD_SECTOR_BYTES && survey->size_bytes / survey->table_sector_bytes > 2)
		look_for_gpt(&looking, survey->table_sector_bytes);
	if (survey->table == BD_SURVEY_MBR)
		look_for_extended(&looking);
}
