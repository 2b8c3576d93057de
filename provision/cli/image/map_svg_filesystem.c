/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Draws block groups as a heat map. */
#include "cli/image/map_svg_filesystem.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/printable.h"
#include "cli/image/map_model.h"
#include "cli/image/words.h"

#define PER_ROW_MAX 64u /* block groups */
#define ROWS_MAX 16u
#define CELL_MIN 5.0
#define CELL_MAX 14.0
#define HEIGHT_MAX 112.0 /* of a row */

/* --- the heat map ------------------------------------------------------------------------------------------------- */

/* Each field is a block group, or several where there are too many; in it are cells, parts of the group in the order of their
 * blocks: from left to right, then down. */
struct fields {
	size_t count, groups_each, per_row;
	size_t across, down; /* cells in a field */
	double indent; /* of a row: where there are several, the number of its first group is before it, else numbers are below it */
	double width, gap, cell_width, cell_height;
};

static double clamp(double value, double low, double high)
{
	return value < low ? low : value > high ? high : value;
}

static struct fields lay_out(const struct svg *svg, const struct bd_survey_filesystem *filesystem)
{
	struct fields fields = { .groups_each = 1, .gap = 2 };
	size_t most = (size_t)PER_ROW_MAX * ROWS_MAX;

	if (filesystem->group_count > most)
		fields.groups_each = (filesystem->group_count + most - 1) / most;
	fields.count = (filesystem->group_count + fields.groups_each - 1) / fields.groups_each;
	fields.per_row = fields.count < PER_ROW_MAX ? fields.count : PER_ROW_MAX;
	/* Rows of about the same length. */
	size_t rows = (fields.count + fields.per_row - 1) / fields.per_row;
	fields.per_row = (fields.count + rows - 1) / rows;
	fields.indent = rows > 1 ? 46 : 0;
	fields.width = (svg->width - fields.indent) / (double)fields.per_row;
	size_t slices = fields.groups_each > 1 ? 1 : filesystem->slices_per_group;
	double inner = fields.width - fields.gap, wanted = fields.per_row <= 4 ? CELL_MAX : 7.5;
	fields.across = inner > wanted ? (size_t)(inner / wanted) : 1;
	if (fields.across > slices)
		fields.across = slices;
	fields.cell_width = inner / (double)fields.across;
	fields.cell_height = clamp(fields.cell_width, CELL_MIN, CELL_MAX);
	size_t down_max = (size_t)(HEIGHT_MAX / fields.cell_height);
	fields.down = (slices + fields.across - 1) / fields.across;
	if (fields.down > down_max)
		fields.down = down_max;
	return fields;
}

static const char *cell_class(const struct map_cell *cell)
{
	static const char *const levels[] = { "u1", "u2", "u3", "u4", "u5" };

	switch (cell->use) {
	case MAP_UNREADABLE:
		return "ux";
	case MAP_JOURNAL:
		return "uj";
	case MAP_METADATA:
		return "ut";
	case MAP_USED:
		return levels[cell->fill < 0.15	  ? 0
			      : cell->fill < 0.4  ? 1
			      : cell->fill < 0.7  ? 2
			      : cell->fill < 0.95 ? 3
						  : 4];
	default:
		return "";
	}
}

/* Cells of one colour beside each other are one rectangle; free ones are the field's own colour. */
static void put_row_of_cells(const struct svg *svg, const struct bd_survey_filesystem *filesystem,
			     const struct fields *fields, size_t field, size_t row, double x, double y)
{
	const char *class_name = "";
	size_t begin = 0;

	for (size_t i = 0; i <= fields->across; i++) {
		struct map_cell cell = { MAP_NOTHING, 0 };
		if (i < fields->across)
			cell = map_cell_of(filesystem, field * fields->groups_each, fields->groups_each,
					   row * fields->across + i, fields->across * fields->down);
		const char *now = i < fields->across ? cell_class(&cell) : NULL;
		if (now == class_name)
			continue;
		if (*class_name)
			svg_rect(svg, x + (double)begin * fields->cell_width, y,
				 (double)(i - begin) * fields->cell_width, fields->cell_height, 0, class_name);
		begin = i;
		class_name = now;
	}
}

/* The share of a field that is there: the last group may be shorter. */
static size_t rows_there(const struct bd_survey_filesystem *filesystem, const struct fields *fields, size_t field)
{
	size_t rows = 0;

	while (rows < fields->down && map_cell_of(filesystem, field * fields->groups_each, fields->groups_each,
						  rows * fields->across, fields->across * fields->down)
						      .use != MAP_NOTHING)
		rows++;
	return rows ? rows : 1;
}

static void put_field(const struct svg *svg, const struct bd_survey_filesystem *filesystem,
		      const struct fields *fields, size_t field, double x, double y)
{
	size_t first = field * fields->groups_each, last = first + fields->groups_each - 1;
	uint64_t blocks = 0, used = 0;

	if (last >= filesystem->group_count)
		last = filesystem->group_count - 1;
	for (size_t i = first; i <= last; i++) {
		blocks += filesystem->groups[i].blocks;
		used += filesystem->groups[i].used_blocks;
	}
	bd_print(svg->out, "<g><title>block group%s %zu", first == last ? "" : "s", first);
	if (first != last)
		bd_print(svg->out, " to %zu", last);
	bd_print(svg->out, ": %u %% of %" PRIu64 " blocks in use</title>\n", image_percent(used, blocks), blocks);
	svg_rect(svg, x, y, fields->width - fields->gap,
		 (double)rows_there(filesystem, fields, field) * fields->cell_height, 0, "u0");
	for (size_t row = 0; row < fields->down; row++)
		put_row_of_cells(svg, filesystem, fields, field, row, x, y + (double)row * fields->cell_height);
	bd_print(svg->out, "</g>\n");
}

/* Below every so many fields, so that they do not touch. */
static void put_numbers(const struct svg *svg, const struct fields *fields, double y)
{
	size_t step = 1;

	while ((double)step * fields->width < 42)
		step *= 2;
	for (size_t i = 0; i < fields->count; i += step)
		svg_text(svg, svg->left + (double)i * fields->width, y, SVG_START, "s m", 0, "%zu",
			 i * fields->groups_each);
}

static void put_heat(struct svg *svg, const struct bd_survey_filesystem *filesystem)
{
	struct fields fields = lay_out(svg, filesystem);
	double height = (double)fields.down * fields.cell_height;
	char group[32], cell[32];

	for (size_t begin = 0; begin < fields.count; begin += fields.per_row) {
		size_t end = begin + fields.per_row < fields.count ? begin + fields.per_row : fields.count;
		if (fields.indent > 0)
			svg_text(svg, svg->left + fields.indent - 8, svg->y + 10, SVG_END, "s m", 0, "%zu",
				 begin * fields.groups_each);
		for (size_t i = begin; i < end; i++)
			put_field(svg, filesystem, &fields, i,
				  svg->left + fields.indent + (double)(i - begin) * fields.width, svg->y);
		svg->y += height + 4;
	}
	if (fields.indent == 0) {
		put_numbers(svg, &fields, svg->y + 9);
		svg->y += 16;
	}
	uint64_t group_blocks = filesystem->group_count > 1 ? filesystem->blocks_per_group : filesystem->blocks;
	image_size_text(group_blocks * filesystem->block_bytes, group);
	image_size_text(group_blocks * filesystem->block_bytes / (fields.across * fields.down), cell);
	if (fields.groups_each > 1)
		svg_text(svg, svg->left, svg->y + 10, SVG_START, "s m", 0,
			 "%zu block groups of %s; %zu of them in each field", filesystem->group_count, group,
			 fields.groups_each);
	else
		svg_text(svg, svg->left, svg->y + 10, SVG_START, "s m", 0,
			 "%zu block group%s of %s, in each field from left to right, then down; a cell is %s",
			 filesystem->group_count, filesystem->group_count == 1 ? "" : "s", group, cell);
	svg->y += 24;
}

/* --- all of it at once -------------------------------------------------------------------------------------------- */

static void put_sums(struct svg *svg, const struct bd_survey_filesystem *filesystem)
{
	uint64_t metadata = 0, journal = 0, used = filesystem->used_blocks;
	const char *const classes[] = { "u4", "ut", "uj" };
	double x = svg->left;

	for (size_t i = 0; i < filesystem->slice_count; i++) {
		metadata += filesystem->slices[i].metadata;
		journal += filesystem->slices[i].journal;
	}
	uint64_t rest = used > metadata + journal ? used - metadata - journal : 0;
	const uint64_t parts[] = { rest, metadata, journal };
	svg_rect(svg, svg->left, svg->y, svg->width, 10, 0, "u0");
	for (size_t i = 0; i < 3; i++) {
		double width = (double)parts[i] / (double)filesystem->blocks * svg->width;
		if (x + width > svg->left + svg->width)
			width = svg->left + svg->width - x;
		if (width > 0)
			svg_rect(svg, x, svg->y, width, 10, 0, classes[i]);
		x += width;
	}
	svg->y += 22;
}

/* --- in words ----------------------------------------------------------------------------------------------------- */

__attribute__((format(printf, 4, 5))) static void fact(struct svg *svg, double x, const char *title,
						       const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	BD_FREE char *owned = text;
	svg_text(svg, x, svg->y + 12, SVG_START, "s m", 0, "%s", title);
	svg_text(svg, x + 84, svg->y + 12, SVG_START, "s", svg_characters(svg->width / 2 - 90, 11.5), "%s",
		 text ? text : "");
}

/* Lines of whole words. */
static void put_features(struct svg *svg, const char *features)
{
	size_t room = svg_characters(svg->width - 84, 11.5);

	svg_text(svg, svg->left, svg->y + 12, SVG_START, "s m", 0, "features");
	while (*features) {
		size_t size = strlen(features);
		if (size > room) {
			size = room;
			while (size && features[size] != ' ')
				size--;
		}
		if (!size)
			size = strcspn(features, " ");
		svg_text(svg, svg->left + 84, svg->y + 12, SVG_START, "s", 0, "%.*s", (int)size, features);
		svg->y += 18;
		features += size + strspn(features + size, " ");
	}
}

static void put_facts(struct svg *svg, const struct image_info *info, const struct bd_survey_filesystem *filesystem)
{
	static const char *const states[] = { [BD_SURVEY_CLEAN] = "clean",
					      [BD_SURVEY_NOT_UNMOUNTED] = "in use, or not unmounted cleanly",
					      [BD_SURVEY_HAS_ERRORS] = "marked as having errors" };
	double left = svg->left, right = svg->left + svg->width / 2 + 8;
	char uuid[BD_UUID_TEXT_SIZE], journal[32], mounted[32], made[32], free_data[32];

	bd_format_uuid(filesystem->uuid, uuid);
	image_size_text(filesystem->journal_bytes, journal);
	image_time_text(filesystem->mounted, mounted);
	image_time_text(filesystem->made, made);
	image_size_text(filesystem->free_data_bytes, free_data);
	fact(svg, left, "blocks", "%" PRIu64 " of %" PRIu32 " bytes, %" PRIu64 " free", filesystem->blocks,
	     filesystem->block_bytes, filesystem->free_blocks);
	fact(svg, right, "UUID", "%s", uuid);
	svg->y += 18;
	fact(svg, left, "inodes", "%" PRIu32 " of %" PRIu32 " bytes, %" PRIu32 " free", filesystem->inodes,
	     filesystem->inode_bytes, filesystem->free_inodes);
	fact(svg, right, "made", "%s", made);
	svg->y += 18;
	fact(svg, left, "journal", "%s%s",
	     filesystem->journal == BD_SURVEY_NO_JOURNAL ? "none"
	     : filesystem->journal == BD_SURVEY_JOURNAL	 ? journal
							 : "on another device",
	     filesystem->needs_recovery ? ", to be replayed" : "");
	fact(svg, right, "last mounted", "%s%s%s", mounted, *filesystem->last_mounted ? " on " : "",
	     filesystem->last_mounted);
	svg->y += 18;
	fact(svg, left, "state", "%s", states[filesystem->state]);
	if (info->data.is_known)
		fact(svg, right, "on the host", "%s allocated for free blocks", free_data);
	svg->y += 18;
	put_features(svg, filesystem->features);
}

void map_svg_filesystem(struct svg *svg, const struct image_info *info, const struct bd_survey_filesystem *filesystem)
{
	char used[32], size[32], room[32], where[32] = "on the whole disk";
	uint64_t bytes = image_filesystem_bytes(filesystem);

	image_size_text(filesystem->used_blocks * filesystem->block_bytes, used);
	image_size_text(bytes, size);
	image_size_text(filesystem->room_bytes, room);
	if (filesystem->partition)
		snprintf(where, sizeof(where), "in partition %d", filesystem->partition);
	svg_text(svg, svg->left, svg->y + 18, SVG_START, "h", svg_characters(svg->width - 300, 16), "%s %s%s%s%s",
		 filesystem->type, where, *filesystem->label ? ": “" : "", filesystem->label,
		 *filesystem->label ? "”" : "");
	svg_text(svg, svg->left + svg->width, svg->y + 18, SVG_END, "t", 0, "%s of %s in use (%u %%)", used, size,
		 image_percent(filesystem->used_blocks, filesystem->blocks));
	svg->y += 30;
	if (bytes > filesystem->room_bytes) {
		svg_text(svg, svg->left, svg->y + 10, SVG_START, "bad", 0,
			 "It claims %s, but has room for %s only: the superblock or the partition table is lying.",
			 size, room);
		svg->y += 22;
	}
	put_sums(svg, filesystem);
	put_heat(svg, filesystem);
	put_facts(svg, info, filesystem);
}

void map_svg_legend(struct svg *svg)
{
	static const struct {
		const char *classes[6];
		const char *text;
		double width;
	} keys[] = { { { "u0", "u1", "u2", "u3", "u4", "u5" }, "free … full", 190 },
		     { { "ut" }, "superblocks, bitmaps, inode tables", 250 },
		     { { "uj" }, "journal", 90 },
		     { { "ux" }, "unreadable", 0 } };
	double x = svg->left;

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		double at = x;
		for (size_t k = 0; k < 6 && keys[i].classes[k]; k++) {
			svg_rect(svg, at, svg->y, 12, 12, 0, keys[i].classes[k]);
			at += 13;
		}
		svg_text(svg, at + 5, svg->y + 10.5, SVG_START, "s", 0, "%s", keys[i].text);
		x += keys[i].width;
	}
	svg->y += 22;
}
