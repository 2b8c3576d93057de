/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Draws the disk as a bar, and lists what is in it. */
#include "cli/image/map_svg_disk.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/printable.h"
#include "cli/image/map_model.h"
#include "cli/image/words.h"

#define BAR_HEIGHT 56
#define HOST_HEIGHT 12
#define HOST_STEP 2.0 /* how exactly data and holes are drawn */
#define ENLARGED_HEIGHT 40
#define REGION_MIN 4.0 /* a region is at least so wide */
#define ROWS_MAX 24
#define ROW_HEIGHT 23

static const char *region_class(const struct bd_survey_region *region)
{
	static const char *const partitions[] = { "p0", "p1", "p2" };

	switch (region->kind) {
	case BD_SURVEY_BOOT_RECORD:
		return "rm";
	case BD_SURVEY_BOOT_LOADER:
		return "rb";
	case BD_SURVEY_GPT_HEADER:
	case BD_SURVEY_GPT_BACKUP:
		return "rg";
	case BD_SURVEY_SWAP:
		return "rs";
	case BD_SURVEY_UNUSED:
		return "ru";
	default:
		return partitions[region->number % 3];
	}
}

/* Title and size, as far as there is room for them. */
static void put_label(const struct svg *svg, const struct bd_survey *survey, const struct bd_survey_region *region,
		      double x, double y, double width, double height)
{
	bool is_unused = region->kind == BD_SURVEY_UNUSED;
	char title[IMAGE_WORDS_SIZE], content[IMAGE_WORDS_SIZE], size[32];
	size_t room = svg_characters(width - 12, 13);

	image_region_title(survey, region, title);
	image_region_content(survey, region, content);
	image_size_text(region->size_bytes, size);
	if (strlen(title) > room)
		return;
	if (height < 50 || is_unused || !*content) {
		bool both = strlen(title) + strlen(size) + 3 <= room;
		svg_text(svg, x + width / 2, y + height / 2 + 4.5, SVG_MIDDLE, is_unused ? "m" : "on", 0, "%s%s%s",
			 title, both ? " · " : "", both ? size : "");
		return;
	}
	bool both = strlen(title) + strlen(size) + 3 <= room;
	svg_text(svg, x + width / 2, y + height / 2 - 4, SVG_MIDDLE, "on strong", 0, "%s%s%s", title,
		 both ? " · " : "", both ? size : "");
	svg_text(svg, x + width / 2, y + height / 2 + 14, SVG_MIDDLE, "on", svg_characters(width - 12, 12.5), "%s",
		 content);
}

static void put_strip(const struct svg *svg, const struct bd_survey *survey, const struct map_strip *strip,
		      double height)
{
	for (size_t i = 0; i < strip->count; i++) {
		const struct map_span *span = &strip->spans[i];
		double gap = span->width > 6 && i + 1 < strip->count ? 1 : 0;
		svg_rect(svg, svg->left + span->at, svg->y, span->width - gap, height, 0, region_class(span->region));
		/* Not on what is behind the end of the disk, which is drawn over it. */
		double label = map_strip_at(strip, survey->size_bytes) - span->at;
		put_label(svg, survey, span->region, svg->left + span->at, svg->y,
			  label < span->width ? label : span->width, height);
	}
}

/* --- what the host has -------------------------------------------------------------------------------------------- */

static int data_level(double share)
{
	static const double levels[] = { 0, 0.02, 0.25, 0.6, 0.999 };
	int level = 0;

	while (level < 5 && share > levels[level])
		level++;
	return level;
}

static void put_host(const struct svg *svg, const struct image_info *info, const struct map_strip *strip)
{
	static const char *const classes[] = { "", "d0", "d1", "d2", "d3", "d4" };
	size_t steps = (size_t)(strip->width / HOST_STEP);
	int level = 0;

	svg_rect(svg, svg->left, svg->y, strip->width, HOST_HEIGHT, 0, "hole");
	for (size_t i = 0, begin = 0; i <= steps; i++) {
		uint64_t from = map_strip_bytes(strip, (double)i * HOST_STEP);
		uint64_t to = map_strip_bytes(strip, (double)(i + 1) * HOST_STEP);
		int now = i < steps ? data_level(map_data_share(info, from, to)) : -1;
		if (now == level)
			continue;
		if (level > 0)
			svg_rect(svg, svg->left + (double)begin * HOST_STEP, svg->y, (double)(i - begin) * HOST_STEP,
				 HOST_HEIGHT, 0, classes[level]);
		begin = i;
		level = now;
	}
}

/* --- the scale ---------------------------------------------------------------------------------------------------- */

/* At powers of two, about six of them, with the cylinder that begins there or before. */
static void put_scale(struct svg *svg, const struct map_strip *strip)
{
	uint64_t step = BD_SECTOR_BYTES;
	double end = strip->width, last_label;
	uint64_t last_cylinder = UINT64_MAX;
	char size[32];

	while (step < strip->size_bytes / 6)
		step *= 2;
	image_size_text(strip->size_bytes, size);
	/* The end has a label of its own, which needs room. */
	last_label = end - 170;
	for (uint64_t at = 0; at < strip->size_bytes; at += step) {
		double x = map_strip_at(strip, at);
		char text[32];
		svg_line(svg, svg->left + x, svg->y, svg->left + x, svg->y + 6, "tick");
		if (x > last_label && at)
			continue;
		image_size_text(at, text);
		svg_text(svg, svg->left + x, svg->y + 19, at ? SVG_MIDDLE : SVG_START, "s", 0, "%s", at ? text : "0");
		uint64_t cylinder = at / BD_SECTOR_BYTES / BD_CYLINDER_SECTORS;
		if (cylinder != last_cylinder)
			svg_text(svg, svg->left + x, svg->y + 33, at ? SVG_MIDDLE : SVG_START, "s m", 0, "%s%" PRIu64,
				 at ? "" : "cylinder ", cylinder);
		last_cylinder = cylinder;
	}
	svg_line(svg, svg->left + end, svg->y, svg->left + end, svg->y + 6, "tick");
	svg_text(svg, svg->left + end, svg->y + 19, SVG_END, "s", 0, "%s", size);
	uint64_t cylinders = strip->size_bytes / BD_SECTOR_BYTES / BD_CYLINDER_SECTORS;
	svg_text(svg, svg->left + end, svg->y + 33, SVG_END, "s m", 0, "%" PRIu64 " whole cylinder%s", cylinders,
		 cylinders == 1 ? "" : "s");
	svg->y += 40;
}

/* --- the beginning ------------------------------------------------------------------------------------------------ */

/* The regions before the first partition, and a little of that. */
static int take_beginning(const struct bd_survey *survey, struct bd_survey *beginning_out, struct bd_error *err)
{
	struct bd_survey beginning = *survey;
	size_t count = 0;

	while (count < survey->region_count && survey->regions[count].kind != BD_SURVEY_PARTITION &&
	       survey->regions[count].kind != BD_SURVEY_SWAP)
		count++;
	beginning.regions = calloc(count + 2, sizeof(*beginning.regions));
	if (!beginning.regions)
		return bd_no_memory(err);
	memcpy(beginning.regions, survey->regions, count * sizeof(*survey->regions));
	if (count < survey->region_count) {
		struct bd_survey_region *partition = &beginning.regions[count];
		*partition = survey->regions[count];
		uint64_t some = partition->start_bytes / 8;
		if (partition->size_bytes > some)
			partition->size_bytes = some;
		count++;
	}
	beginning.region_count = count;
	*beginning_out = beginning;
	return 0;
}

static void put_sectors(const struct svg *svg, const struct map_strip *strip)
{
	double behind = -1000;

	for (size_t i = 0; i < strip->count; i++) {
		const struct map_span *span = &strip->spans[i];
		double x = svg->left + span->at;
		svg_line(svg, x, svg->y, x, svg->y + 5, "tick");
		if (x - behind < 44)
			continue;
		svg_text(svg, x, svg->y + 18, i ? SVG_MIDDLE : SVG_START, "s m", 0, "%s%" PRIu64, i ? "" : "sector ",
			 span->start_bytes / BD_SECTOR_BYTES);
		behind = x + (i ? 0 : 24);
	}
}

/* MBR and core.img are too small to be seen on the disk as a whole. */
static int put_beginning(struct svg *svg, const struct bd_survey *survey, const struct map_strip *disk,
			 double bar_bottom, struct bd_error *err)
{
	struct bd_survey beginning;
	BD_DISPOSE(map_strip_dispose) struct map_strip strip = { 0 };

	if (take_beginning(survey, &beginning, err) != 0)
		return -1;
	BD_FREE struct bd_survey_region *owned = beginning.regions;
	if (map_strip_make(&beginning, svg->width, REGION_MIN, &strip, err) != 0)
		return -1;
	uint64_t end = strip.count ? strip.spans[strip.count - 1].start_bytes : 0;
	double seen = map_strip_at(disk, end);
	char size[32];
	image_size_text(end, size);
	svg->y += 30;
	bd_print(svg->out, "<path class=\"beam\" d=\"M%.6g %.6gL%.6g %.6gL%.6g %.6gL%.6g %.6gZ\"/>\n", svg->left,
		 bar_bottom, svg->left + seen, bar_bottom, svg->left + svg->width, svg->y, svg->left, svg->y);
	svg_text(svg, svg->left + 12, svg->y - 8, SVG_START, "s", 0, "enlarged: the first %" PRIu64 " sectors (%s)",
		 end / BD_SECTOR_BYTES, size);
	put_strip(svg, &beginning, &strip, ENLARGED_HEIGHT);
	svg->y += ENLARGED_HEIGHT;
	put_sectors(svg, &strip);
	svg->y += 24;
	return 0;
}

/* --- the table ---------------------------------------------------------------------------------------------------- */

static const double column_ends[] = { 470, 560, 640,
				      0 }; /* of numbers: first sector, sectors, size; C/H/S at the right edge */

static void put_row(struct svg *svg, const struct bd_survey *survey, const struct bd_survey_region *region)
{
	uint64_t first = region->start_bytes / BD_SECTOR_BYTES, sectors = region->size_bytes / BD_SECTOR_BYTES;
	char title[IMAGE_WORDS_SIZE], content[IMAGE_WORDS_SIZE], size[32], from[40], to[40];
	bool is_wrong = region->is_outside || region->overlaps;
	double y = svg->y + 16;

	image_region_title(survey, region, title);
	image_region_content(survey, region, content);
	image_size_text(region->size_bytes, size);
	image_chs_text(first, from);
	image_chs_text(first + (sectors ? sectors - 1 : 0), to);
	svg_rect(svg, svg->left, svg->y + 5, 13, 13, 2, region_class(region));
	svg_text(svg, svg->left + 22, y, SVG_START, "t", 0, "%s", title);
	if (is_wrong)
		snprintf(content, sizeof(content), "%s",
			 region->is_outside ? "ends behind the end of the disk" : "overlaps the region before it");
	svg_text(svg, svg->left + 118, y, SVG_START, is_wrong ? "bad" : "m", 42, "%s", content);
	svg_text(svg, svg->left + column_ends[0], y, SVG_END, "n", 0, "%" PRIu64, first);
	svg_text(svg, svg->left + column_ends[1], y, SVG_END, "n", 0, "%" PRIu64, sectors);
	svg_text(svg, svg->left + column_ends[2], y, SVG_END, "n", 0, "%s", size);
	svg_text(svg, svg->left + svg->width, y, SVG_END, "n m", 0, "%s – %s", from, to);
	svg->y += ROW_HEIGHT;
	svg_line(svg, svg->left, svg->y, svg->left + svg->width, svg->y, "rule");
}

static void put_table(struct svg *svg, const struct bd_survey *survey)
{
	double y = svg->y + 14;

	svg_text(svg, svg->left + 22, y, SVG_START, "s m", 0, "REGION");
	svg_text(svg, svg->left + 118, y, SVG_START, "s m", 0, "CONTENT");
	svg_text(svg, svg->left + column_ends[0], y, SVG_END, "s m", 0, "FIRST SECTOR");
	svg_text(svg, svg->left + column_ends[1], y, SVG_END, "s m", 0, "SECTORS");
	svg_text(svg, svg->left + column_ends[2], y, SVG_END, "s m", 0, "SIZE");
	svg_text(svg, svg->left + svg->width, y, SVG_END, "s m", 0, "CYLINDER/HEAD/SECTOR");
	svg->y += 21;
	svg_line(svg, svg->left, svg->y, svg->left + svg->width, svg->y, "rule");
	for (size_t i = 0; i < survey->region_count && i < ROWS_MAX; i++)
		put_row(svg, survey, &survey->regions[i]);
	if (survey->region_count > ROWS_MAX) {
		svg_text(svg, svg->left + 22, svg->y + 16, SVG_START, "m", 0, "and %zu more",
			 survey->region_count - ROWS_MAX);
		svg->y += ROW_HEIGHT;
	}
}

static void put_host_caption(struct svg *svg, const struct image_info *info, bool is_cut)
{
	double x = svg->left, y = svg->y + 12;
	char allocated[32], holes[32];

	image_size_text(info->allocated_bytes, allocated);
	image_size_text(info->data.hole_bytes, holes);
	svg_rect(svg, x, y - 9.5, 11, 11, 2, "d4");
	svg_text(svg, x + 17, y, SVG_START, "s", 0, "allocated on the host: %s (%u %%)", allocated,
		 image_percent(info->allocated_bytes, info->survey.size_bytes));
	svg_rect(svg, x + 290, y - 9.5, 11, 11, 2, "hole");
	svg_text(svg, x + 307, y, SVG_START, "s", 0, "%" PRIu64 " hole%s: %s", info->data.hole_count,
		 info->data.hole_count == 1 ? "" : "s", holes);
	if (is_cut) {
		svg_rect(svg, x + 480, y - 9.5, 11, 11, 2, "gone");
		svg_text(svg, x + 497, y, SVG_START, "bad", 0, "behind the end of the disk");
	}
	svg->y += 22;
}

int map_svg_disk(struct svg *svg, const struct image_info *info, struct bd_error *err)
{
	BD_DISPOSE(map_strip_dispose) struct map_strip strip = { 0 };
	const struct bd_survey *survey = &info->survey;
	double bar_bottom, bar_top = svg->y;

	if (map_strip_make(survey, svg->width, REGION_MIN, &strip, err) != 0)
		return -1;
	if (!strip.count)
		return 0;
	put_strip(svg, survey, &strip, BAR_HEIGHT);
	svg->y += BAR_HEIGHT;
	if (info->data.is_known) {
		svg->y += 4;
		put_host(svg, info, &strip);
		svg->y += HOST_HEIGHT;
	}
	/* Partitions that reach behind the end of the disk: the table lies, or the image was cut short. */
	bool is_cut = strip.spans[strip.count - 1].end_bytes > survey->size_bytes;
	double end = map_strip_at(&strip, survey->size_bytes);
	if (is_cut)
		svg_rect(svg, svg->left + end, bar_top, svg->width - end, svg->y - bar_top, 0, "gone");
	svg->y += 2;
	put_scale(svg, &strip);
	bar_bottom = svg->y;
	if (info->data.is_known) {
		put_host_caption(svg, info, is_cut);
		bar_bottom = svg->y;
	}
	if (survey->table != BD_SURVEY_NO_TABLE && put_beginning(svg, survey, &strip, bar_bottom, err) != 0)
		return -1;
	svg->y += 8;
	put_table(svg, survey);
	return 0;
}
