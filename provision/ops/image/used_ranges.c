/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Goes through a disk from its beginning to its end, through its holes and its filesystems at once. */
#include "ops/image/used_ranges.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/log.h"
#include "base/process/cancel.h"
#include "base/progress.h"
#include "inside/blocks.h"
#include "inside/survey/survey.h"

#define PIECE_BYTES (1u << 20)
#define ZERO_BYTES 4096u /* the smallest run of zeros that is looked for */

struct scan {
	const struct image_place *place;
	struct bd_data_ranges data; /* of the file */
	size_t next; /* the first of them that ends behind `at` */
	uint64_t at; /* up to there it is decided what is used */
	uint8_t *piece;
	struct used_ranges used;
};

void used_ranges_dispose(struct used_ranges *used)
{
	bd_data_ranges_dispose(&used->ranges);
	*used = (struct used_ranges){ 0 };
}

static void dispose_scan(struct scan *scan)
{
	bd_data_ranges_dispose(&scan->data);
	used_ranges_dispose(&scan->used);
	free(scan->piece);
}

/* Neighbours become one range. */
static int add(struct scan *scan, uint64_t start_bytes, uint64_t end_bytes, struct bd_error *err)
{
	struct bd_data_ranges *ranges = &scan->used.ranges;

	ranges->data_bytes += end_bytes - start_bytes;
	if (ranges->count && ranges->items[ranges->count - 1].end_bytes == start_bytes) {
		ranges->items[ranges->count - 1].end_bytes = end_bytes;
		return 0;
	}
	if (bd_array_grow(ranges->items, ranges->count, err) != 0)
		return -1;
	ranges->items[ranges->count++] = (struct bd_data_range){ start_bytes, end_bytes };
	return 0;
}

static int add_what_is_not_zero(struct scan *scan, uint64_t start_bytes, uint64_t end_bytes, struct bd_error *err)
{
	for (uint64_t at = start_bytes, size; at < end_bytes; at += size) {
		size = PIECE_BYTES - at % PIECE_BYTES;
		size = size < end_bytes - at ? size : end_bytes - at;
		if (bd_cancel_check(err) != 0 ||
		    bd_pread_all(scan->place->fd, scan->piece, (size_t)size, at, scan->place->image, err) != 0)
			return -1;
		for (uint64_t block = 0, bytes; block < size; block += bytes) {
			bytes = ZERO_BYTES - (at + block) % ZERO_BYTES;
			bytes = bytes < size - block ? bytes : size - block;
			if (!bd_all_zero(scan->piece + block, (size_t)bytes) &&
			    add(scan, at + block, at + block + bytes, err) != 0)
				return -1;
		}
	}
	return 0;
}

/* Of what is from here to end_bytes, all data; known: to be in use. */
static int take(struct scan *scan, uint64_t end_bytes, bool known, struct bd_error *err)
{
	const struct bd_data_ranges *data = &scan->data;

	for (; scan->next < data->count && data->items[scan->next].start_bytes < end_bytes; scan->next++) {
		const struct bd_data_range *range = &data->items[scan->next];
		uint64_t from = range->start_bytes > scan->at ? range->start_bytes : scan->at;
		uint64_t to = range->end_bytes < end_bytes ? range->end_bytes : end_bytes;
		if (from < to && (known ? add(scan, from, to, err) : add_what_is_not_zero(scan, from, to, err)) != 0)
			return -1;
		if (range->end_bytes > end_bytes)
			break;
	}
	scan->at = end_bytes;
	bd_progress_update(end_bytes);
	return 0;
}

static void leave_out(struct scan *scan, uint64_t end_bytes)
{
	scan->used.free_bytes += end_bytes - scan->at;
	scan->at = end_bytes;
}

static void warn_whole(const struct scan *scan, const struct bd_survey_region *region, const char *why)
{
	if (region->number)
		bd_warn("%s: partition %d: %s; its free blocks are copied, too", scan->place->image, region->number,
			why);
	else
		bd_warn("%s: %s; its free blocks are copied, too", scan->place->image, why);
}

/* False: its bitmaps are not to be relied on. */
static bool read_blocks(const struct scan *scan, const struct bd_survey_region *region, struct bd_fs_blocks *blocks)
{
	struct bd_error why = BD_ERROR_INIT;

	if (bd_fs_blocks_read_checked(scan->place->fd, region->number, blocks, &why) != 0)
		warn_whole(scan, region, why.message);
	else if (blocks->has_errors)
		warn_whole(scan, region, "the filesystem is marked as having errors");
	else if (blocks->not_replayed)
		warn_whole(scan, region, "its journal cannot be replayed");
	else if (blocks->not_unmounted && !blocks->needs_replay)
		warn_whole(scan, region, "the filesystem was not unmounted cleanly");
	else
		return blocks->offset_bytes == region->start_bytes &&
		       blocks->block_count <= region->size_bytes / blocks->block_bytes;
	return false;
}

/* Blocks that are in use; those of a blank inode table are zeros. *next: of the ranges that may be. */
static int take_used(struct scan *scan, const struct bd_fs_blocks *blocks, const struct bd_block_range *used,
		     size_t *next, struct bd_error *err)
{
	const struct bd_block_ranges *blank = &blocks->blank;
	uint64_t end = used->start + used->count, to;

	for (uint64_t block = used->start; block < end; block = to) {
		bool may_be_blank = bd_block_is_in(blank, block, next);
		to = may_be_blank	    ? blank->items[*next].start + blank->items[*next].count
		     : *next < blank->count ? blank->items[*next].start
					    : end;
		to = to < end ? to : end;
		if (take(scan, blocks->offset_bytes + to * blocks->block_bytes, !may_be_blank, err) != 0)
			return -1;
	}
	return 0;
}

static int take_filesystem(struct scan *scan, const struct bd_survey_region *region, struct bd_error *err)
{
	BD_DISPOSE(bd_fs_blocks_dispose) struct bd_fs_blocks blocks = { 0 };

	if (!read_blocks(scan, region, &blocks))
		return bd_cancel_check(err);
	size_t next = 0;
	if (take(scan, region->start_bytes, false, err) != 0)
		return -1;
	for (size_t i = 0; i < blocks.used.count; i++) {
		const struct bd_block_range *used = &blocks.used.items[i];
		leave_out(scan, region->start_bytes + used->start * blocks.block_bytes);
		if (take_used(scan, &blocks, used, &next, err) != 0)
			return -1;
	}
	leave_out(scan, region->start_bytes + blocks.block_count * blocks.block_bytes);
	return 0;
}

/* In none of what overlaps can free blocks be left out. */
static bool stands_alone(const struct bd_survey *survey, size_t index, uint64_t end_before)
{
	const struct bd_survey_region *region = &survey->regions[index];

	return !region->is_outside && region->start_bytes >= end_before &&
	       (index + 1 == survey->region_count ||
		survey->regions[index + 1].start_bytes >= region->start_bytes + region->size_bytes);
}

static int take_filesystems(struct scan *scan, struct bd_error *err)
{
	const struct bd_survey_request request = { .only_regions = true };
	BD_DISPOSE(bd_survey_dispose) struct bd_survey survey = { 0 };
	struct bd_error why = BD_ERROR_INIT;
	uint64_t end_before = 0;

	if (bd_survey_image(scan->place->fd, &request, &survey, &why) != 0) {
		bd_warn("%s: %s; all of it is copied", scan->place->image, why.message);
		return bd_cancel_check(err);
	}
	for (size_t i = 0; i < survey.region_count; i++) {
		const struct bd_survey_region *region = &survey.regions[i];
		if (bd_survey_is_ext(region) && stands_alone(&survey, i, end_before) &&
		    take_filesystem(scan, region, err) != 0)
			return -1;
		if (end_before < region->start_bytes + region->size_bytes)
			end_before = region->start_bytes + region->size_bytes;
	}
	return 0;
}

int image_used_ranges(const struct image_place *place, uint64_t size_bytes, bool whole, struct used_ranges *used_out,
		      struct bd_error *err)
{
	BD_DISPOSE(dispose_scan) struct scan scan = { .place = place, .piece = malloc(PIECE_BYTES) };

	if (!scan.piece)
		return bd_no_memory(err);
	bd_progress_stage("looking for what is in use", size_bytes);
	if (bd_data_ranges_read(place->fd, size_bytes, &scan.data, err) != 0)
		return bd_wrap(err, "%s", place->image);
	if ((!whole && take_filesystems(&scan, err) != 0) || take(&scan, size_bytes, false, err) != 0)
		return -1;
	scan.used.ranges.is_known = true;
	*used_out = bd_take_struct(scan.used);
	return 0;
}
