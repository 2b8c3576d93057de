/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Distributes regions over a strip, and sums up slices. */
#include "cli/image/map_model.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/cleanup.h"

void map_strip_dispose(struct map_strip *strip)
{
	free(strip->spans);
	*strip = (struct map_strip){ 0 };
}

static void take_spans(const struct bd_survey *survey, struct map_strip *strip)
{
	uint64_t end = 0;

	for (size_t i = 0; i < survey->region_count; i++) {
		const struct bd_survey_region *region = &survey->regions[i];
		uint64_t start = region->start_bytes > end ? region->start_bytes : end;
		uint64_t region_end = region->start_bytes + region->size_bytes;
		if (region_end <= start)
			continue;
		strip->spans[strip->count++] =
			(struct map_span){ .region = region, .start_bytes = start, .end_bytes = region_end };
		end = region_end;
	}
	/* What is between two of them lies behind the end of the disk, and is nobody's. */
	for (size_t i = 0; i < strip->count; i++)
		strip->size_bytes += strip->spans[i].end_bytes - strip->spans[i].start_bytes;
}

/* Those that would be too small get the minimum, and the others share what is left; which may make more of them too small. */
static void share_width(struct map_strip *strip, double minimum)
{
	double left = strip->width, bytes = (double)strip->size_bytes;
	bool changed = true;

	if (minimum * (double)strip->count > strip->width)
		minimum = 0;
	while (changed) {
		changed = false;
		for (size_t i = 0; i < strip->count; i++) {
			struct map_span *span = &strip->spans[i];
			double size = (double)(span->end_bytes - span->start_bytes);
			if (span->width > 0 || size / bytes * left >= minimum)
				continue;
			span->width = minimum;
			left -= minimum;
			bytes -= size;
			changed = true;
		}
	}
	double at = 0;
	for (size_t i = 0; i < strip->count; i++) {
		struct map_span *span = &strip->spans[i];
		if (span->width == 0)
			span->width = (double)(span->end_bytes - span->start_bytes) / bytes * left;
		span->at = at;
		at += span->width;
	}
}

int map_strip_make(const struct bd_survey *survey, double width, double minimum, struct map_strip *strip_out,
		   struct bd_error *err)
{
	BD_DISPOSE(map_strip_dispose) struct map_strip strip = { .width = width };

	strip.spans = calloc(survey->region_count + 1, sizeof(*strip.spans));
	if (!strip.spans)
		return bd_no_memory(err);
	take_spans(survey, &strip);
	if (strip.count)
		share_width(&strip, minimum);
	*strip_out = bd_take_struct(strip);
	return 0;
}

double map_strip_at(const struct map_strip *strip, uint64_t bytes)
{
	for (size_t i = 0; i < strip->count; i++) {
		const struct map_span *span = &strip->spans[i];
		if (bytes < span->start_bytes)
			return span->at;
		if (bytes < span->end_bytes)
			return span->at + span->width * ((double)(bytes - span->start_bytes) /
							 (double)(span->end_bytes - span->start_bytes));
	}
	return strip->width;
}

uint64_t map_strip_bytes(const struct map_strip *strip, double at)
{
	for (size_t i = 0; i < strip->count; i++) {
		const struct map_span *span = &strip->spans[i];
		double size = (double)(span->end_bytes - span->start_bytes);
		if (at < span->at + span->width)
			return span->start_bytes +
			       (at > span->at ? (uint64_t)((at - span->at) / span->width * size) : 0);
	}
	return strip->count ? strip->spans[strip->count - 1].end_bytes : 0;
}

double map_data_share(const struct image_info *info, uint64_t start_bytes, uint64_t end_bytes)
{
	return end_bytes > start_bytes ? (double)bd_data_ranges_count(&info->data, start_bytes, end_bytes) /
						 (double)(end_bytes - start_bytes)
				       : 0;
}

struct map_cell map_cell_of(const struct bd_survey_filesystem *filesystem, size_t first_group, size_t group_count,
			    size_t part, size_t part_count)
{
	size_t per_group = filesystem->slices_per_group, begin = first_group * per_group;
	size_t end = (first_group + group_count) * per_group;
	uint64_t blocks = 0, used = 0, metadata = 0, journal = 0;
	bool is_unreadable = false;

	if (part_count > 1) {
		end = begin + per_group * (part + 1) / part_count;
		begin += per_group * part / part_count;
	}
	if (end > filesystem->slice_count)
		end = filesystem->slice_count;
	for (size_t i = begin; i < end; i++) {
		const struct bd_survey_slice *slice = &filesystem->slices[i];
		blocks += slice->blocks;
		used += slice->used;
		metadata += slice->metadata;
		journal += slice->journal;
		is_unreadable |= filesystem->groups[i / per_group].is_unreadable;
	}
	if (!blocks)
		return (struct map_cell){ MAP_NOTHING, 0 };
	struct map_cell cell = { MAP_USED, (double)used / (double)blocks };
	if (is_unreadable)
		cell.use = MAP_UNREADABLE;
	else if (journal * 2 >= blocks)
		cell.use = MAP_JOURNAL;
	else if (metadata * 2 >= blocks)
		cell.use = MAP_METADATA;
	else if (!used)
		cell.use = MAP_FREE;
	return cell;
}
