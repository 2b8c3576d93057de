/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parent of the process that reads the bitmaps. */
#include "inside/blocks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "filestream/frame_reader.h"
#include "inside/block_scan.h"

#define MEMORY_BYTES (UINT64_C(1) << 30)
#define IDLE_CPU_S 60u
#define RANGES_MAX (UINT64_C(32) << 20)
#define MIN_BLOCK_BYTES 1024u
#define MAX_BLOCK_BYTES 65536u

void bd_fs_blocks_dispose(struct bd_fs_blocks *blocks)
{
	free(blocks->used.items);
	free(blocks->tables.items);
	free(blocks->blank.items);
	*blocks = (struct bd_fs_blocks){ 0 };
}

static int take_facts(struct bd_frame_body *body, uint64_t file_bytes, struct bd_fs_blocks *blocks,
		      struct bd_error *err)
{
	uint64_t facts[7], end, size;

	for (size_t i = 0; i < 7; i++)
		facts[i] = bd_frame_get64(body);
	if (body->bad || body->left || facts[0] > 1000 || facts[3] < MIN_BLOCK_BYTES || facts[3] > MAX_BLOCK_BYTES ||
	    (facts[3] & (facts[3] - 1)) || facts[1] % 512 || __builtin_mul_overflow(facts[3], facts[4], &size) ||
	    !size || __builtin_add_overflow(facts[1], size, &end) || end > file_bytes || facts[2] > file_bytes)
		return bd_frame_fail_protocol(err);
	blocks->partition = (int)facts[0];
	blocks->offset_bytes = facts[1];
	blocks->partition_bytes = facts[2];
	blocks->block_bytes = (uint32_t)facts[3];
	blocks->block_count = facts[4];
	blocks->in_place_blocks = facts[5];
	blocks->is_unchecked = facts[6] & BD_BLOCK_SCAN_UNCHECKED;
	blocks->needs_data = facts[6] & BD_BLOCK_SCAN_NEEDS_DATA;
	blocks->not_unmounted = facts[6] & BD_BLOCK_SCAN_NOT_UNMOUNTED;
	blocks->needs_replay = facts[6] & BD_BLOCK_SCAN_NEEDS_REPLAY;
	blocks->not_replayed = facts[6] & BD_BLOCK_SCAN_NOT_REPLAYED;
	blocks->has_errors = facts[6] & BD_BLOCK_SCAN_HAS_ERRORS;
	return 0;
}

static int take_ranges(struct bd_frame_body *body, struct bd_fs_blocks *blocks, struct bd_error *err)
{
	uint64_t list = bd_frame_get64(body);
	struct bd_block_ranges *const lists[BD_BLOCK_LIST_COUNT] = { [BD_BLOCK_LIST_USED] = &blocks->used,
								     [BD_BLOCK_LIST_TABLES] = &blocks->tables,
								     [BD_BLOCK_LIST_BLANK] = &blocks->blank };

	if (body->bad || list >= BD_BLOCK_LIST_COUNT || body->left % 16)
		return bd_frame_fail_protocol(err);
	struct bd_block_ranges *ranges = lists[list];
	while (body->left) {
		struct bd_block_range range = { .start = bd_frame_get64(body) };
		range.count = bd_frame_get64(body);
		const struct bd_block_range *last = ranges->count ? &ranges->items[ranges->count - 1] : NULL;
		if (!range.count || range.start >= blocks->block_count ||
		    range.count > blocks->block_count - range.start ||
		    (last && range.start < last->start + last->count) || ranges->count >= RANGES_MAX)
			return bd_frame_fail_protocol(err);
		if (bd_array_grow(ranges->items, ranges->count, err) != 0)
			return -1;
		ranges->items[ranges->count++] = range;
	}
	return 0;
}

static int receive(struct bd_frame_reader *reader, uint64_t file_bytes, struct bd_fs_blocks *blocks,
		   struct bd_error *err)
{
	struct bd_frame frame;

	for (;;) {
		if (bd_frame_reader_next(reader, &frame, err) != 0)
			return -1;
		bool has_facts = blocks->block_bytes;
		if (frame.kind == BD_FRAME_ERROR)
			return bd_frame_take_error(&frame, err);
		if (frame.kind == BD_FRAME_ENTRY && !has_facts) {
			if (take_facts(&frame.body, file_bytes, blocks, err) != 0)
				return -1;
		} else if (frame.kind == BD_FRAME_DATA && has_facts) {
			if (take_ranges(&frame.body, blocks, err) != 0)
				return -1;
		} else if (frame.kind == BD_FRAME_PROGRESS && has_facts) {
			continue;
		} else if (frame.kind == BD_FRAME_END && has_facts) {
			return bd_frame_reader_finish(reader, err);
		} else {
			return bd_frame_fail_protocol(err);
		}
	}
}

static int read_blocks(int fd, struct bd_block_scan_request *request, struct bd_fs_blocks *blocks_out,
		       struct bd_error *err)
{
	BD_DISPOSE(bd_frame_reader_dispose) struct bd_frame_reader reader = BD_FRAME_READER_INIT;
	BD_DISPOSE(bd_fs_blocks_dispose) struct bd_fs_blocks blocks = { 0 };
	const struct bd_sandbox_job job = {
		.input_fd = fd,
		.work = bd_block_scan,
		.context = request,
		.memory_bytes = MEMORY_BYTES,
		.idle_cpu_s = IDLE_CPU_S,
	};
	off_t end = lseek(fd, 0, SEEK_END);

	if (end < 0)
		return bd_fail_errno(err, "cannot determine its size");
	if (bd_frame_reader_start(&reader, &job, err) != 0 || receive(&reader, (uint64_t)end, &blocks, err) != 0)
		return -1;
	*blocks_out = bd_take_struct(blocks);
	return 0;
}

int bd_fs_blocks_read(int fd, int partition, struct bd_fs_blocks *blocks_out, struct bd_error *err)
{
	return read_blocks(fd, &(struct bd_block_scan_request){ .partition = partition }, blocks_out, err);
}

int bd_fs_blocks_read_to_change(int fd, int partition, struct bd_fs_blocks *blocks_out, struct bd_error *err)
{
	return read_blocks(fd, &(struct bd_block_scan_request){ .partition = partition, .is_to_change = true },
			   blocks_out, err);
}

int bd_fs_blocks_read_checked(int fd, int partition, struct bd_fs_blocks *blocks_out, struct bd_error *err)
{
	return read_blocks(fd, &(struct bd_block_scan_request){ .partition = partition, .checks_bitmap = true },
			   blocks_out, err);
}

bool bd_block_is_in(const struct bd_block_ranges *ranges, uint64_t block, size_t *at)
{
	while (*at < ranges->count && ranges->items[*at].start + ranges->items[*at].count <= block)
		++*at;
	return *at < ranges->count && ranges->items[*at].start <= block;
}
