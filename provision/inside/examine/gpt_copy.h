/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One of the two copies of a GUID partition table, as far as it takes to say whether it is right by itself, and to write the other
 * one from it; of any number of entries and size of sectors. disk/gpt.h changes a table that is right. Pure. Format: disk/gpt_format.h.
 */
#ifndef BD_INSIDE_EXAMINE_GPT_COPY_H
#define BD_INSIDE_EXAMINE_GPT_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sector.h"

#define BD_GPT_COPY_ENTRIES_BYTES_MAX (16u << 20)

struct bd_gpt_copy {
	uint64_t lba, alternate_lba, first_usable_lba, last_usable_lba, entries_lba;
	uint32_t entry_count, entry_bytes;
};

/* False: it is none, or its checksum is wrong. What it says may still be absurd, apart from the size of its entries, which is from 1
 * to BD_GPT_COPY_ENTRIES_BYTES_MAX. sector: the first bytes of the LBA. */
bool bd_gpt_copy_decode(const uint8_t sector[BD_SECTOR_BYTES], struct bd_gpt_copy *header_out);

/* Of all entries together. */
size_t bd_gpt_copy_entries_bytes(const struct bd_gpt_copy *header);

/* The checksum in the header is that of these entries, of bd_gpt_copy_entries_bytes. */
bool bd_gpt_copy_matches(const uint8_t sector[BD_SECTOR_BYTES], const uint8_t *entries);

/* The first LBA that a partition has and the last one. False: there is no partition, or one ends before it begins. */
bool bd_gpt_copy_extent(const struct bd_gpt_copy *header, const uint8_t *entries, uint64_t *first_out,
			uint64_t *last_out);

/* Sets the five LBAs of a header that bd_gpt_copy_decode takes, and its checksum; all else stays. */
void bd_gpt_copy_place(uint8_t sector[BD_SECTOR_BYTES], const struct bd_gpt_copy *header);

/* Makes the MBR one whose only entry protects a GPT, of a disk with so many sectors. Boot code and signature stay. */
void bd_gpt_protect(uint8_t mbr[BD_SECTOR_BYTES], uint64_t sectors);

/* The only used entry of the MBR, if any, is the protective one, or begins like it at LBA 1, where a GPT has its header. */
bool bd_gpt_may_protect(const uint8_t mbr[BD_SECTOR_BYTES]);

/* The last LBA that a protective entry covers. 0: the MBR has none, or it covers what its numbers cannot say. */
uint64_t bd_gpt_protected_end(const uint8_t mbr[BD_SECTOR_BYTES]);

#endif
