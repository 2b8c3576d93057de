/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks the data of a sparse file. */
#include "disk/data_ranges.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/file/data_range.h"

void bd_data_ranges_dispose(struct bd_data_ranges *ranges)
{
	free(ranges->items);
	*ranges = (struct bd_data_ranges){ 0 };
}

static int add(struct bd_data_ranges *ranges, uint64_t start_bytes, uint64_t end_bytes, struct bd_error *err)
{
	if (bd_array_grow(ranges->items, ranges->count, err) != 0)
		return -1;
	ranges->items[ranges->count++] = (struct bd_data_range){ start_bytes, end_bytes };
	ranges->data_bytes += end_bytes - start_bytes;
	return 0;
}

static void count_holes(struct bd_data_ranges *ranges, uint64_t size_bytes)
{
	uint64_t at = 0;

	for (size_t i = 0; i < ranges->count; i++) {
		ranges->hole_count += ranges->items[i].start_bytes > at;
		at = ranges->items[i].end_bytes;
	}
	ranges->hole_count += size_bytes > at;
	ranges->hole_bytes = size_bytes - ranges->data_bytes;
}

/* 1: [*start, *end) is data. 0: there is none behind `at`. -1: errno. */
static int next_data(int fd, uint64_t at, uint64_t size_bytes, uint64_t *start, uint64_t *end)
{
	off_t data = lseek(fd, (off_t)at, SEEK_DATA);

	if (data < 0)
		return errno == ENXIO ? 0 : -1;
	off_t hole = lseek(fd, data, SEEK_HOLE);
	/* It was cut short or punched between the two calls. */
	if (hole < 0 && errno == ENXIO)
		return 0;
	if (hole < 0)
		return -1;
	*start = (uint64_t)data;
	*end = (uint64_t)hole < size_bytes ? (uint64_t)hole : size_bytes;
	return *start < *end;
}

int bd_data_ranges_read(int fd, uint64_t size_bytes, struct bd_data_ranges *ranges_out, struct bd_error *err)
{
	BD_DISPOSE(bd_data_ranges_dispose) struct bd_data_ranges ranges = { .is_known = true };
	uint64_t start, end = 0;
	struct stat st;
	int more = 0;

	if (fstat(fd, &st) != 0)
		return bd_fail_errno(err, "cannot look for holes");
	ranges.is_known = S_ISREG(st.st_mode) && !bd_hides_holes(fd, &st);
	while (ranges.is_known && end < size_bytes && (more = next_data(fd, end, size_bytes, &start, &end)) > 0)
		if (add(&ranges, start, end, err) != 0)
			return -1;
	if (more < 0 && errno != EINVAL && errno != EOPNOTSUPP)
		return bd_fail_errno(err, "cannot look for holes");
	if (more < 0 || !ranges.is_known) {
		bd_data_ranges_dispose(&ranges);
		if (size_bytes && add(&ranges, 0, size_bytes, err) != 0)
			return -1;
	}
	count_holes(&ranges, size_bytes);
	*ranges_out = bd_take_struct(ranges);
	return 0;
}

/* The first range that ends behind there. */
static size_t find(const struct bd_data_ranges *ranges, uint64_t start_bytes)
{
	size_t low = 0, high = ranges->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (ranges->items[middle].end_bytes <= start_bytes)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint64_t bd_data_ranges_count(const struct bd_data_ranges *ranges, uint64_t start_bytes, uint64_t end_bytes)
{
	uint64_t sum = 0;

	for (size_t i = find(ranges, start_bytes); i < ranges->count && ranges->items[i].start_bytes < end_bytes;
	     i++) {
		uint64_t from = ranges->items[i].start_bytes, to = ranges->items[i].end_bytes;
		sum += (to < end_bytes ? to : end_bytes) - (from > start_bytes ? from : start_bytes);
	}
	return sum;
}
