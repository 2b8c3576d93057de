/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sorts regions and fills what is between them. */
#include "inside/survey/regions.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"

static int compare(const void *left, const void *right)
{
	const struct bd_survey_region *one = left, *other = right;

	if (one->start_bytes != other->start_bytes)
		return one->start_bytes < other->start_bytes ? -1 : 1;
	if (one->size_bytes != other->size_bytes)
		return one->size_bytes < other->size_bytes ? -1 : 1;
	return (one->number > other->number) - (one->number < other->number);
}

static int append(struct bd_survey_region **regions, size_t *count, const struct bd_survey_region *region,
		  struct bd_error *err)
{
	if (bd_array_grow(*regions, *count, err) != 0)
		return -1;
	(*regions)[(*count)++] = *region;
	return 0;
}

static int append_unused(struct bd_survey_region **regions, size_t *count, uint64_t start, uint64_t end,
			 struct bd_error *err)
{
	const struct bd_survey_region unused = { .kind = BD_SURVEY_UNUSED,
						 .start_bytes = start,
						 .size_bytes = end - start };

	return end > start ? append(regions, count, &unused, err) : 0;
}

int bd_survey_fill(struct bd_survey_region **regions, size_t *count, uint64_t size_bytes, struct bd_error *err)
{
	BD_FREE struct bd_survey_region *filled = NULL;
	size_t filled_count = 0;
	uint64_t end = 0;

	if (*count)
		qsort(*regions, *count, sizeof(**regions), compare);
	for (size_t i = 0; i < *count; i++) {
		struct bd_survey_region region = (*regions)[i];
		uint64_t region_end = region.start_bytes + region.size_bytes;
		uint64_t gap_end = region.start_bytes < size_bytes ? region.start_bytes : size_bytes;
		if (append_unused(&filled, &filled_count, end, gap_end, err) != 0)
			return -1;
		if (!region.size_bytes)
			continue;
		region.overlaps = region.start_bytes < end;
		region.is_outside = region_end > size_bytes;
		if (append(&filled, &filled_count, &region, err) != 0)
			return -1;
		if (region_end > end)
			end = region_end;
	}
	if (append_unused(&filled, &filled_count, end, size_bytes, err) != 0)
		return -1;
	free(*regions);
	*regions = bd_take_ptr(filled);
	*count = filled_count;
	return 0;
}
