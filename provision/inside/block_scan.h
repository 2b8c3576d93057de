/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sandboxed side of inside/blocks.h: reads superblock, group descriptors and bitmaps, and sends what they say. */
#ifndef BD_INSIDE_BLOCK_SCAN_H
#define BD_INSIDE_BLOCK_SCAN_H

#include <stdbool.h>

enum bd_block_list { BD_BLOCK_LIST_USED, BD_BLOCK_LIST_TABLES, BD_BLOCK_LIST_BLANK, BD_BLOCK_LIST_COUNT };

struct bd_block_scan_request {
	int partition; /* as in struct bd_inside_request */
	bool checks_bitmap; /* inside/bitmap_check.h */
	bool is_to_change; /* bd_ext_partition_check_own */
};

/* sandbox/sandbox.h; context is a struct bd_block_scan_request. One BD_FRAME_ENTRY: partition, offset_bytes,
 * partition_bytes, block_bytes, block_count, in_place_blocks, flags (BD_BLOCK_SCAN_*), all 64 bits. Then BD_FRAME_DATA: enum
 * bd_block_list, and pairs of start and count, ascending, 64 bits each; BD_FRAME_PROGRESS of 0 before these. Then BD_FRAME_END, or BD_FRAME_ERROR. */
void bd_block_scan(void *context, int input_fd, int output_fd);

#define BD_BLOCK_SCAN_UNCHECKED 1u
#define BD_BLOCK_SCAN_NEEDS_DATA 2u
#define BD_BLOCK_SCAN_NOT_UNMOUNTED 4u
#define BD_BLOCK_SCAN_HAS_ERRORS 8u
#define BD_BLOCK_SCAN_NEEDS_REPLAY 16u
#define BD_BLOCK_SCAN_NOT_REPLAYED 32u

#endif
