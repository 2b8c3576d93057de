/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decodes one copy of a GUID partition table, and places it anew. */
#include "inside/examine/gpt_copy.h"

#include <string.h>
#include <zlib.h>

#include "base/bytes.h"
#include "disk/gpt_format.h"
#include "disk/mbr.h"

#define ENTRY_BYTES_MIN 128

bool bd_gpt_copy_decode(const uint8_t sector[BD_SECTOR_BYTES], struct bd_gpt_copy *header_out)
{
	uint32_t size = get_le32(sector + BD_GPT_HEADER_BYTES_AT);
	const struct bd_gpt_copy header = {
		.lba = get_le64(sector + BD_GPT_LBA_AT),
		.alternate_lba = get_le64(sector + BD_GPT_ALTERNATE_AT),
		.first_usable_lba = get_le64(sector + BD_GPT_FIRST_USABLE_AT),
		.last_usable_lba = get_le64(sector + BD_GPT_LAST_USABLE_AT),
		.entries_lba = get_le64(sector + BD_GPT_ENTRIES_LBA_AT),
		.entry_count = get_le32(sector + BD_GPT_ENTRY_COUNT_AT),
		.entry_bytes = get_le32(sector + BD_GPT_ENTRY_BYTES_AT),
	};

	if (memcmp(sector, BD_GPT_MAGIC, BD_GPT_MAGIC_BYTES) != 0 || size < BD_GPT_HEADER_BYTES ||
	    size > BD_SECTOR_BYTES || bd_gpt_header_sum(sector, size) != get_le32(sector + BD_GPT_HEADER_SUM_AT) ||
	    header.entry_bytes < ENTRY_BYTES_MIN || !header.entry_count ||
	    (uint64_t)header.entry_count * header.entry_bytes > BD_GPT_COPY_ENTRIES_BYTES_MAX)
		return false;
	*header_out = header;
	return true;
}

size_t bd_gpt_copy_entries_bytes(const struct bd_gpt_copy *header)
{
	return (size_t)header->entry_count * header->entry_bytes;
}

bool bd_gpt_copy_matches(const uint8_t sector[BD_SECTOR_BYTES], const uint8_t *entries)
{
	struct bd_gpt_copy header;

	return bd_gpt_copy_decode(sector, &header) &&
	       (uint32_t)crc32(0, entries, (uInt)bd_gpt_copy_entries_bytes(&header)) ==
		       get_le32(sector + BD_GPT_ENTRIES_SUM_AT);
}

bool bd_gpt_copy_extent(const struct bd_gpt_copy *header, const uint8_t *entries, uint64_t *first_out,
			uint64_t *last_out)
{
	uint64_t first = UINT64_MAX, last = 0;

	for (uint32_t i = 0; i < header->entry_count; i++) {
		const uint8_t *entry = entries + (size_t)i * header->entry_bytes;
		if (bd_all_zero(entry, BD_GPT_ENTRY_TYPE_BYTES))
			continue;
		uint64_t begin = get_le64(entry + BD_GPT_ENTRY_FIRST_AT),
			 end = get_le64(entry + BD_GPT_ENTRY_LAST_AT);
		if (end < begin)
			return false;
		first = begin < first ? begin : first;
		last = end > last ? end : last;
	}
	if (first > last)
		return false;
	*first_out = first;
	*last_out = last;
	return true;
}

void bd_gpt_copy_place(uint8_t sector[BD_SECTOR_BYTES], const struct bd_gpt_copy *header)
{
	put_le64(sector + BD_GPT_LBA_AT, header->lba);
	put_le64(sector + BD_GPT_ALTERNATE_AT, header->alternate_lba);
	put_le64(sector + BD_GPT_FIRST_USABLE_AT, header->first_usable_lba);
	put_le64(sector + BD_GPT_LAST_USABLE_AT, header->last_usable_lba);
	put_le64(sector + BD_GPT_ENTRIES_LBA_AT, header->entries_lba);
	put_le32(sector + BD_GPT_HEADER_SUM_AT, bd_gpt_header_sum(sector, get_le32(sector + BD_GPT_HEADER_BYTES_AT)));
}

/* --- the MBR before it -------------------------------------------------------------------------------------------- */

static const uint8_t *mbr_entry(const uint8_t mbr[BD_SECTOR_BYTES], size_t number)
{
	return mbr + BD_MBR_ENTRIES_OFFSET + number * BD_MBR_ENTRY_BYTES;
}

void bd_gpt_protect(uint8_t mbr[BD_SECTOR_BYTES], uint64_t sectors)
{
	uint64_t size = sectors - 1 > UINT32_MAX ? UINT32_MAX : sectors - 1;
	uint8_t *entry = mbr + BD_MBR_ENTRIES_OFFSET;

	memset(entry, 0, BD_MBR_PARTITIONS * BD_MBR_ENTRY_BYTES);
	entry[4] = BD_MBR_TYPE_GPT;
	bd_mbr_move(mbr, 0, 1, size);
	/* Where there is no such cylinder the specification has another mark than that of MBRs. */
	if (size >= (uint64_t)1024 * BD_CYLINDER_SECTORS)
		memset(entry + 5, 0xff, 3);
	put_le16(mbr + BD_MBR_MAGIC_OFFSET, BD_MBR_MAGIC);
}

bool bd_gpt_may_protect(const uint8_t mbr[BD_SECTOR_BYTES])
{
	size_t used = 0, first = 0;

	for (size_t i = 0; i < BD_MBR_PARTITIONS; i++)
		if (!bd_all_zero(mbr_entry(mbr, i), BD_MBR_ENTRY_BYTES)) {
			used++;
			first += get_le32(mbr_entry(mbr, i) + 8) == 1;
		}
	return used <= 1 && used == first;
}

uint64_t bd_gpt_protected_end(const uint8_t mbr[BD_SECTOR_BYTES])
{
	for (size_t i = 0; i < BD_MBR_PARTITIONS; i++) {
		const uint8_t *entry = mbr_entry(mbr, i);
		uint32_t size = get_le32(entry + 12);
		if (entry[4] == BD_MBR_TYPE_GPT && size && size < UINT32_MAX)
			return (uint64_t)get_le32(entry + 8) + size - 1;
	}
	return 0;
}
