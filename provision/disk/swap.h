/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first page of a swap area, encoded and decoded in memory. Source: union swap_header in the kernel's
 * include/linux/swap.h.
 */
#ifndef BD_DISK_SWAP_H
#define BD_DISK_SWAP_H

#include <stdbool.h>
#include <stdint.h>

#define BD_SWAP_PAGE_BYTES 4096u

/* size_bytes: of the partition; what is over whole pages is not used. */
void bd_swap_encode(uint64_t size_bytes, const uint8_t uuid[16], uint8_t page_out[BD_SWAP_PAGE_BYTES]);

/* The UUID of an area that is there. False: it is none. */
bool bd_swap_uuid(const uint8_t page[BD_SWAP_PAGE_BYTES], uint8_t uuid_out[16]);

/* For an area that gets another size. */
void bd_swap_set_size(uint8_t page[BD_SWAP_PAGE_BYTES], uint64_t size_bytes);

#endif
