/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is to be drawn where on a map of a disk: in columns of a terminal or in the units of a picture. Pure. */
#ifndef BD_CLI_IMAGE_MAP_MODEL_H
#define BD_CLI_IMAGE_MAP_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "ops/image/info.h"

/* --- the disk as a strip ------------------------------------------------------------------------------------------ */

struct map_span {
	const struct bd_survey_region *region; /* borrowed */
	uint64_t start_bytes, end_bytes; /* of what is seen of it: where two overlap, the one before it is on top */
	double at, width;
};

struct map_strip {
	struct map_span *spans; /* owned */
	size_t count;
	uint64_t size_bytes; /* of the disk, or up to the last region's end where that is behind it */
	double width;
};

/* The regions to scale, but each at least minimum wide, as far as there is room for that. */
int map_strip_make(const struct bd_survey *survey, double width, double minimum, struct map_strip *strip_out,
		   struct bd_error *err);
void map_strip_dispose(struct map_strip *strip); /* idempotent */

/* Where a byte of the disk is on the strip, and which one is there. */
double map_strip_at(const struct map_strip *strip, uint64_t bytes);
uint64_t map_strip_bytes(const struct map_strip *strip, double at);

/* --- the use of a filesystem -------------------------------------------------------------------------------------- */

enum map_use { MAP_NOTHING, MAP_UNREADABLE, MAP_JOURNAL, MAP_METADATA, MAP_FREE, MAP_USED };

struct map_cell {
	enum map_use use; /* what most of it is; MAP_NOTHING: behind the end of the filesystem */
	double fill; /* used of all, from 0 to 1 */
};

/* The part of block groups that a cell is for: some groups from first_group on, of which there are at least one, or, where it is
 * one, one of several equal parts of it. */
struct map_cell map_cell_of(const struct bd_survey_filesystem *filesystem, size_t first_group, size_t group_count,
			    size_t part, size_t part_count);

/* What of the disk is data on the host, from 0 to 1. */
double map_data_share(const struct image_info *info, uint64_t start_bytes, uint64_t end_bytes);

#endif
