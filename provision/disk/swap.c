/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Encodes the swap signature. */
#include "disk/swap.h"

#include <string.h>

#include "base/bytes.h"

/* Behind 1024 bytes for boot code: version, last page, bad pages, UUID, label; the magic ends the page. */
#define VERSION_OFFSET 1024
#define LAST_PAGE_OFFSET 1028
#define UUID_OFFSET 1036
#define MAGIC "SWAPSPACE2"

void bd_swap_encode(uint64_t size_bytes, const uint8_t uuid[16], uint8_t page_out[BD_SWAP_PAGE_BYTES])
{
	uint64_t pages = size_bytes / BD_SWAP_PAGE_BYTES;

	memset(page_out, 0, BD_SWAP_PAGE_BYTES);
	put_le32(page_out + VERSION_OFFSET, 1);
	put_le32(page_out + LAST_PAGE_OFFSET, (uint32_t)(pages - 1));
	memcpy(page_out + UUID_OFFSET, uuid, 16);
	memcpy(page_out + BD_SWAP_PAGE_BYTES - strlen(MAGIC), MAGIC, strlen(MAGIC));
}

void bd_swap_set_size(uint8_t page[BD_SWAP_PAGE_BYTES], uint64_t size_bytes)
{
	put_le32(page + LAST_PAGE_OFFSET, (uint32_t)(size_bytes / BD_SWAP_PAGE_BYTES - 1));
}

bool bd_swap_uuid(const uint8_t page[BD_SWAP_PAGE_BYTES], uint8_t uuid_out[16])
{
	if (memcmp(page + BD_SWAP_PAGE_BYTES - strlen(MAGIC), MAGIC, strlen(MAGIC)) != 0 ||
	    get_le32(page + VERSION_OFFSET) != 1)
		return false;
	memcpy(uuid_out, page + UUID_OFFSET, 16);
	return true;
}
