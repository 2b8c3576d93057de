/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The header of a GUID partition table, and an entry, as far as they are used here. Integers are little endian, LBAs count the disk's
 * own sectors. Source: UEFI specification, "GPT Header" and "GPT Partition Entry Array".
 */
#ifndef BD_DISK_GPT_FORMAT_H
#define BD_DISK_GPT_FORMAT_H

#include <stdint.h>
#include <string.h>
#include <zlib.h>

#include "base/bytes.h"
#include "base/sector.h"

#define BD_GPT_MAGIC "EFI PART"
#define BD_GPT_MAGIC_BYTES 8u
#define BD_GPT_HEADER_BYTES 92u /* at least */

enum bd_gpt_header_offset {
	BD_GPT_REVISION_AT = 8, /* 4 bytes */
	BD_GPT_HEADER_BYTES_AT = 12, /* 4 bytes */
	BD_GPT_HEADER_SUM_AT = 16, /* 4 bytes: CRC-32 of the header, made with zeros in this place */
	BD_GPT_LBA_AT = 24, /* 8 bytes, of this header */
	BD_GPT_ALTERNATE_AT = 32, /* 8 bytes, of the other one */
	BD_GPT_FIRST_USABLE_AT = 40, /* 8 bytes */
	BD_GPT_LAST_USABLE_AT = 48, /* 8 bytes */
	BD_GPT_ENTRIES_LBA_AT = 72, /* 8 bytes */
	BD_GPT_ENTRY_COUNT_AT = 80, /* 4 bytes */
	BD_GPT_ENTRY_BYTES_AT = 84, /* 4 bytes */
	BD_GPT_ENTRIES_SUM_AT = 88, /* 4 bytes: CRC-32 */
};

#define BD_GPT_ENTRY_TYPE_BYTES 16u /* at 0; zeros: it is not used */
#define BD_GPT_ENTRY_FIRST_AT 32 /* 8 bytes */
#define BD_GPT_ENTRY_LAST_AT 40 /* 8 bytes */

/* size: of the header, up to a sector. */
static inline uint32_t bd_gpt_header_sum(const uint8_t *header, uint32_t size)
{
	uint8_t copy[BD_SECTOR_BYTES];

	memcpy(copy, header, size);
	put_le32(copy + BD_GPT_HEADER_SUM_AT, 0);
	return (uint32_t)crc32(0, copy, size);
}

#endif
